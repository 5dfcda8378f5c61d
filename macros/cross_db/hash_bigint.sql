{#
    A non-negative 64-bit number for a text, used to number graph nodes without a dictionary.

    expression: SQL text expression.

    Trap: the number is the engine's own and may change with its version, so it never leaves the
    identity models; what is published is hashed with hash_text. Two texts can collide (about one
    chance in 200,000 at ten million texts): whoever numbers with it checks and fails loudly.
#}
{% macro hash_bigint(expression) -%}
    {{ return(adapter.dispatch('hash_bigint', 'crossbrand')(expression)) }}
{%- endmacro %}

{% macro default__hash_bigint(expression) -%}
    shiftrightunsigned(xxhash64({{ expression }}), 1)
{%- endmacro %}

{% macro duckdb__hash_bigint(expression) -%}
    cast(hash({{ expression }}) >> 1 as bigint)
{%- endmacro %}
