{#
    One row per element of an array, as an expression of a select list.

    expression: an array.

    Traps: at most one in a select list, and never beside an aggregate. A field of what comes is read as
    (name).field, the one way that all engines know.
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

{% macro postgres__exploded(expression) -%}
    unnest({{ expression }})
{%- endmacro %}
