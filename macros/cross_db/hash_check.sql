{#
    A second 32-bit number for a text, to check what hash_bigint gave: two texts under one number of
    hash_bigint differ here, but for one such pair in four thousand million.

    expression: SQL text expression.

    Traps: it must share nothing with hash_bigint. The engine's own, so it is never published.
#}
{% macro hash_check(expression) -%}
    {{ return(adapter.dispatch('hash_check', 'crossbrand')(expression)) }}
{%- endmacro %}

{% macro default__hash_check(expression) -%}
    crc32({{ expression }})
{%- endmacro %}

{% macro duckdb__hash_check(expression) -%}
    cast(hash({{ expression }}) & 4294967295 as uinteger)
{%- endmacro %}

{% macro postgres__hash_check(expression) -%}
    hashtext({{ expression }})
{%- endmacro %}
