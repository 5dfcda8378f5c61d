{#
    Creates the table of a seed. dbt finds this macro by its name, in place of its adapter's own.

    model: the seed's node; agate_table: its rows as dbt has read them, unused here.

    Traps. Only on Spark is anything different: dbt reads the text `null` of a seed as no value, and its
    Spark adapter writes no value as the text `None` and breaks at an apostrophe. So Spark reads the file
    itself, which a cluster must be able to reach: the variable spark_seed_root says where a copy of the
    project lies, if not where dbt runs. Text is `string`, whatever the YAML calls it.
#}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set column_types = model['config'].get('column_types', {}) -%}
    {%- set file_root = var('spark_seed_root', '') or model['root_path'] -%}
    {%- set source_name = 'seed_file_' ~ this.identifier -%}
    {%- set text_columns = [] -%}
    {%- set typed_columns = [] -%}
    {%- for column in agate_table.column_names -%}
        {%- set inferred_type = adapter.convert_type(agate_table, loop.index0) -%}
        {%- do text_columns.append('`' ~ column ~ '` string') -%}
        {%- do typed_columns.append('cast(`' ~ column ~ '` as ' ~ portable_type(column_types.get(column, inferred_type)) ~ ') as `' ~ column ~ '`') -%}
    {%- endfor -%}
    {%- do run_query(
        "create or replace temporary view " ~ source_name ~ " (" ~ text_columns | join(', ') ~ ") using csv options ("
        ~ "path '" ~ file_root ~ "/" ~ model['original_file_path'] ~ "', header 'true', multiLine 'true', escape '\"', encoding 'UTF-8')"
    ) -%}
    {%- set sql -%}
        create table {{ this.render() }}
        {{ file_format_clause() }}
        as select {{ typed_columns | join(', ') }} from {{ source_name }}
    {%- endset -%}
    {%- call statement('_') -%}
        {{ sql }}
    {%- endcall -%}
    {%- do run_query("drop view " ~ source_name) -%}
    {{ return(sql) }}
{%- endmacro %}
