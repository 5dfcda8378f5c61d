{#
    A 64-bit integer from text of digits, or null.

    expression: SQL text expression.

    Trap: a safe cast of 12.6 rounds to 13, so what is cast must be known to be digits (typed_integer).
#}
{% macro safe_bigint(expression) -%}
    {{ return(adapter.dispatch('safe_bigint', 'crossbrand')(expression)) }}
{%- endmacro %}

{% macro default__safe_bigint(expression) -%}
    try_cast({{ expression }} as bigint)
{%- endmacro %}

{% macro postgres__safe_bigint(expression) -%}
    crossbrand_functions.safe_bigint({{ expression }})
{%- endmacro %}
