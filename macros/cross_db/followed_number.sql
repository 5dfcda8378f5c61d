{#
    How far the model has followed the readings of the landing (follow_reading): rows of a higher read_number are new
    to it.
#}
{% macro followed_number() -%}
    {{ return(adapter.dispatch('followed_number', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__followed_number() -%}
    0
{%- endmacro %}

{% macro duckdb__followed_number() -%}
    cast(getvariable('followed_number') as integer)
{%- endmacro %}

{% macro spark__followed_number() -%}
    (select followed_number from {{ loading_state() }})
{%- endmacro %}
