{#
    One row per element of an array, as an expression of a select list.

    expression: an array.

    Trap: at most one in a select list, and never beside an aggregate.
#}
{% macro exploded(expression) -%}
    {{ return(adapter.dispatch('exploded', 'crossbrand')(expression)) }}
{%- endmacro %}

{% macro default__exploded(expression) -%}
    explode({{ expression }})
{%- endmacro %}

{% macro duckdb__exploded(expression) -%}
    unnest({{ expression }})
{%- endmacro %}
