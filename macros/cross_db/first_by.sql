{#
    The value of the row that comes first in an order, among the rows of a group that have a value.

    value: SQL expression, rows where it is null are passed over.
    order_key: SQL expression, unique within the group: ties would make the result depend on row order.
#}
{% macro first_by(value, order_key) -%}
    {{ return(adapter.dispatch('first_by', 'crossbrand')(value, order_key)) }}
{%- endmacro %}

{% macro default__first_by(value, order_key) -%}
    min_by({{ value }}, case when {{ value }} is not null then {{ order_key }} end)
{%- endmacro %}

{% macro duckdb__first_by(value, order_key) -%}
    arg_min({{ value }}, {{ order_key }})
{%- endmacro %}

{% macro postgres__first_by(value, order_key) -%}
    (array_agg({{ value }} order by {{ order_key }}) filter (where {{ value }} is not null))[1]
{%- endmacro %}
