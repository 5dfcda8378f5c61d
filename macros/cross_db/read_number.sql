{#
    Which reading since the last whole one wrote a row, from 1 (number_reading, follow_reading).

    Trap: a unit test has no hooks, and on Spark no state (loading_state) that they keep; its model has no name there.
#}
{% macro read_number() -%}
    {{ return(adapter.dispatch('read_number', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__read_number() -%}
    cast(null as integer)
{%- endmacro %}

{% macro duckdb__read_number() -%}
    cast(getvariable('read_number') as integer)
{%- endmacro %}

{% macro spark__read_number() -%}
    {%- if this.identifier -%}
    (select read_number from {{ loading_state() }})
    {%- else -%}
    cast(null as integer)
    {%- endif -%}
{%- endmacro %}
