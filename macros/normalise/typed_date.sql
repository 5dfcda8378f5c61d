{#
    A date, or null (safe_date says what is read).

    expression: SQL text expression.
#}
{% macro typed_date(expression) -%}
    {{ safe_date(typed_text(expression)) }}
{%- endmacro %}
