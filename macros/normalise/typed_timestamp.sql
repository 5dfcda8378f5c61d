{#
    A UTC timestamp, or null (safe_timestamp says what is read). It may still be out of all reason:
    plausible_time decides that against the load date.

    expression: SQL text expression.
#}
{% macro typed_timestamp(expression) -%}
    {{ safe_timestamp(expression) }}
{%- endmacro %}
