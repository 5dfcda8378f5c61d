{#
    The first row of what a query returns, for a hook; of nulls where it returns none, as while the project is only
    compiled (crossbrand.compile_targets).
#}
{% macro first_row(query) -%}
    {%- set rows = run_query(query).rows -%}
    {{ return(rows[0] if rows else [none, none, none, none]) }}
{%- endmacro %}
