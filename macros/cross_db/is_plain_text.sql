{#
    True where a text surely needs no cleaning: ASCII only, and no blank or control character at
    either end. Nearly all values are like that, and seeing it costs a fifth of the cleaning.

    expression: SQL text expression. False or null says nothing; clean_text then decides.
#}
{% macro is_plain_text(expression) -%}
    {{ return(adapter.dispatch('is_plain_text', 'crossbrand')(expression)) }}
{%- endmacro %}

{% macro default__is_plain_text(expression) -%}
    regexp({{ expression }}, '^[!-~]+$')
{%- endmacro %}

{% macro duckdb__is_plain_text(expression) -%}
    (
        strlen({{ expression }}) = length({{ expression }})
        and {{ expression }} >= '!'
        and array_extract({{ expression }}, -1) > ' '
    )
{%- endmacro %}

{% macro postgres__is_plain_text(expression) -%}
    ({{ expression }} ~ '^[!-~]([ -~]*[!-~])?$')
{%- endmacro %}
