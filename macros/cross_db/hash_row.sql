{#
    A 64-bit number for the content of a struct of texts: equal rows give equal numbers.

    expression: a struct, e.g. the row that landed_row makes.

    Trap: the number is the engine's own, so it is compared inside one build and never published. md5 of
    the row's JSON would be portable and costs ten times as much, more than all typing of a wide feed.
#}
{% macro hash_row(expression) -%}
    {{ return(adapter.dispatch('hash_row', 'crossbrand')(expression)) }}
{%- endmacro %}

{% macro default__hash_row(expression) -%}
    xxhash64({{ expression }})
{%- endmacro %}

{% macro duckdb__hash_row(expression) -%}
    hash({{ expression }})
{%- endmacro %}

{% macro postgres__hash_row(expression) -%}
    hashtextextended(cast({{ expression }} as text), 0)
{%- endmacro %}
