{#
    A timestamp some whole days later (or earlier, with a negative number).

    timestamp_expression: SQL timestamp; days: a number, known when the SQL is compiled.
#}
{% macro add_days(timestamp_expression, days) -%}
    {{ return(adapter.dispatch('add_days', 'crossbrand')(timestamp_expression, days)) }}
{%- endmacro %}

{% macro default__add_days(timestamp_expression, days) -%}
    {{ timestamp_expression }} + make_interval(0, 0, 0, {{ days }}, 0, 0, 0)
{%- endmacro %}

{% macro duckdb__add_days(timestamp_expression, days) -%}
    {{ timestamp_expression }} + to_days({{ days }})
{%- endmacro %}
