{#
    A query without rows whose columns are those that a contract promises; dbt compares a model's columns
    with it. dbt finds this macro by its name, in place of its own.

    columns: the columns of the contract, by name.

    Trap: only on Spark is anything different: a contract says varchar, which is string there.
#}
{% macro spark__get_empty_schema_sql(columns) -%}
    {%- set typed = [] -%}
    {%- for column in columns.values() -%}
        {%- do typed.append('cast(null as ' ~ portable_type(column['data_type']) ~ ') as `' ~ column['name'] ~ '`') -%}
    {%- endfor -%}
    select {{ typed | join(', ') }}
{%- endmacro %}
