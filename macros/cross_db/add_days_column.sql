{#
    A date some whole days later (or earlier), where the number of days is a column.

    date_expression: SQL date; days: SQL integer expression.
    Traps: the result may be a timestamp on one engine and a date on another: cast it. `add_days`
    is for timestamps and a number known when the SQL is compiled.
#}
{% macro add_days_column(date_expression, days) -%}
    {{ return(adapter.dispatch('add_days_column', 'crossbrand')(date_expression, days)) }}
{%- endmacro %}

{% macro default__add_days_column(date_expression, days) -%}
    date_add({{ date_expression }}, cast({{ days }} as int))
{%- endmacro %}

{% macro duckdb__add_days_column(date_expression, days) -%}
    ({{ date_expression }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro postgres__add_days_column(date_expression, days) -%}
    ({{ date_expression }} + cast({{ days }} as integer))
{%- endmacro %}
