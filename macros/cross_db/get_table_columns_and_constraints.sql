{#
    The columns of a table with a contract, as DDL names them. dbt finds this macro by its name, in place of its own.

    Trap: only on PostgreSQL is anything different: a contract says double, which is double precision in a table there.
    The project's contracts name no constraints.
#}
{% macro postgres__get_table_columns_and_constraints() -%}
    {%- set columns = [] -%}
    {%- for column in model['columns'].values() -%}
        {%- do columns.append(adapter.quote(column['name']) ~ ' ' ~ portable_type(column['data_type'])) -%}
    {%- endfor -%}
    ({{ columns | join(', ') }})
{%- endmacro %}
