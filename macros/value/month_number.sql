{#
    The months since year 0 of a date or timestamp, as an integer: 24,300 for January 2025.

    A month as a number joins cheaply, and the next month is one more; `month_start` turns it back.
    moment: SQL date or UTC timestamp.
#}
{% macro month_number(moment) -%}
    cast(extract(year from {{ moment }}) * 12 + extract(month from {{ moment }}) - 1 as integer)
{%- endmacro %}
