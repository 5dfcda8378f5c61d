{#
    A text column as staging gives it: clean_text of what landed, null where nothing is left.

    expression: SQL text expression.

    Trap: most values are clean already, and the check for that is several times cheaper than cleaning.
#}
{% macro typed_text(expression) -%}
    case when {{ is_plain_text(expression) }} then {{ expression }} else {{ clean_text(expression) }} end
{%- endmacro %}
