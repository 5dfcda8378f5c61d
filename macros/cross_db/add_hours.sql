{#
    A timestamp some whole hours later (or earlier, with a negative number).

    timestamp_expression: SQL timestamp; hours: a number, known when the SQL is compiled.
#}
{% macro add_hours(timestamp_expression, hours) -%}
    {{ return(adapter.dispatch('add_hours', 'crossbrand')(timestamp_expression, hours)) }}
{%- endmacro %}

{% macro default__add_hours(timestamp_expression, hours) -%}
    {{ timestamp_expression }} + make_interval(0, 0, 0, 0, {{ hours }}, 0, 0)
{%- endmacro %}

{% macro duckdb__add_hours(timestamp_expression, hours) -%}
    {{ timestamp_expression }} + to_hours({{ hours }})
{%- endmacro %}
