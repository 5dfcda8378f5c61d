{#
    What follows the writing of a table: its indexes. dbt calls this macro by its name, in place of its own.

    relation: the table.

    Trap: only on PostgreSQL is anything different: nobody has counted a new table there until the server's own turn
    comes, and the models that read it meanwhile are planned as if it had a few rows.
#}
{% macro postgres__create_indexes(relation) -%}
    {%- do dbt.default__create_indexes(relation) -%}
    {%- do run_query('analyze ' ~ relation) -%}
{%- endmacro %}
