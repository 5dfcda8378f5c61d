{#
    Fills the table of a seed. dbt finds this macro by its name, in place of its adapter's own.

    model, agate_table: as create_csv_table has them.

    Traps. On Spark there is nothing left to do, since create_csv_table has read the file. On PostgreSQL dbt's own way
    is followed, and takes the text `null` for no value: a column that means the word says so in its meta,
    holds_word_null, and has no empty cells.
#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {{ return('') }}
{%- endmacro %}

{% macro postgres__load_csv_rows(model, agate_table) -%}
    {%- set sql = dbt.default__load_csv_rows(model, agate_table) -%}
    {%- for column in model['columns'].values() if column['config']['meta'].get('holds_word_null') -%}
        {%- do run_query("update " ~ this.render() ~ " set " ~ column['name'] ~ " = 'null' where " ~ column['name'] ~ " is null") -%}
    {%- endfor -%}
    {{ return(sql) }}
{%- endmacro %}
