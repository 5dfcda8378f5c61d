{#
    The 32 hexadecimal digits of the md5 of a text; the same on every engine, so ids made from it can
    be published and compared.

    expression: SQL text expression. Null gives null.
#}
{% macro hash_text(expression) -%}
    {{ return(adapter.dispatch('hash_text', 'crossbrand')(expression)) }}
{%- endmacro %}

{% macro default__hash_text(expression) -%}
    md5({{ expression }})
{%- endmacro %}
