{#
    The number of the whole reading of the landing that a row goes back to (number_reading, follow_reading).

    Trap: a unit test has no hooks, and on Spark no state (loading_state) that they keep; its model has no name there.
#}
{% macro reading_id() -%}
    {{ return(adapter.dispatch('reading_id', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__reading_id() -%}
    cast(null as bigint)
{%- endmacro %}

{% macro duckdb__reading_id() -%}
    cast(getvariable('reading_id') as bigint)
{%- endmacro %}

{% macro spark__reading_id() -%}
    {%- if this.identifier -%}
    (select reading_id from {{ loading_state() }})
    {%- else -%}
    cast(null as bigint)
    {%- endif -%}
{%- endmacro %}
