{#
    Whether as_of has passed a moment, on or back, since the model's rows were made (follow_as_of).

    moment: a timestamp column.
#}
{% macro passed_by_as_of(moment) -%}
    {{ return(adapter.dispatch('passed_by_as_of', 'crossbrand')(moment)) }}
{%- endmacro %}

{% macro default__passed_by_as_of(moment) -%}
    1 = 2
{%- endmacro %}

{% macro duckdb__passed_by_as_of(moment) -%}
    ({{ moment }} > getvariable('as_of_low') and {{ moment }} <= getvariable('as_of_high'))
{%- endmacro %}
