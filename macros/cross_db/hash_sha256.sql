{#
    SHA-256 of a text in lower-case hexadecimal, as advertising platforms take addresses. Null stays null.

    expression: SQL text expression.

    Trap: of an address it hides nothing from whoever can list addresses: it is for platforms that ask for it.
#}
{% macro hash_sha256(expression) -%}
    {{ return(adapter.dispatch('hash_sha256', 'crossbrand')(expression)) }}
{%- endmacro %}

{% macro default__hash_sha256(expression) -%}
    sha2({{ expression }}, 256)
{%- endmacro %}

{% macro duckdb__hash_sha256(expression) -%}
    sha256({{ expression }})
{%- endmacro %}

{% macro postgres__hash_sha256(expression) -%}
    encode(sha256(convert_to({{ expression }}, 'UTF8')), 'hex')
{%- endmacro %}
