{#
    A non-negative 64-bit number for a text, used to number graph nodes without a dictionary.

    expression: SQL text expression.

    Traps: the number is the engine's own and may change with its version, so it never leaves the
    identity models; what is published is hashed with hash_text. Two texts can collide (about one
    chance in 200,000 at ten million texts): whoever numbers with it checks and fails loudly.
    DuckDB's own hash() is eight times cheaper and useless here: identifiers look alike, and among six
    million of them it gave the same number to seven pairs, such as the phones +420869011274649 and
    +420369011271649. The mask keeps 63 of md5's 128 bits.
    Spark takes the same 63 bits, which DuckDB reads from md5's first eight bytes, lowest first: where rows
    are put in the order of such numbers, both engines put them in one order.
#}
{% macro hash_bigint(expression) -%}
    {{ return(adapter.dispatch('hash_bigint', 'crossbrand')(expression)) }}
{%- endmacro %}

{% macro default__hash_bigint(expression) -%}
    shiftrightunsigned(xxhash64({{ expression }}), 1)
{%- endmacro %}

{% macro duckdb__hash_bigint(expression) -%}
    cast(md5_number({{ expression }}) & 9223372036854775807 as bigint)
{%- endmacro %}

{% macro spark__hash_bigint(expression) -%}
    {%- set hash -%} md5({{ expression }}) {%- endset -%}
    {%- set bytes = [] -%}
    {%- for place in [15, 13, 11, 9, 7, 5, 3, 1] -%}
        {%- do bytes.append('substr(' ~ hash ~ ', ' ~ place ~ ', 2)') -%}
    {%- endfor -%}
    (cast(conv(concat({{ bytes | join(', ') }}), 16, -10) as bigint) & 9223372036854775807)
{%- endmacro %}

{% macro postgres__hash_bigint(expression) -%}
    crossbrand_functions.hash_bigint({{ expression }})
{%- endmacro %}
