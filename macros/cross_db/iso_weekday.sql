{#
    Day of the week, 1 for Monday to 7 for Sunday.

    moment: SQL timestamp or date. Null in, null out.
    Trap: engines number weekdays from 0 or 1, from Sunday or Monday.
#}
{% macro iso_weekday(moment) -%}
    {{ return(adapter.dispatch('iso_weekday', 'crossbrand')(moment)) }}
{%- endmacro %}

{% macro default__iso_weekday(moment) -%}
    cast(weekday({{ moment }}) + 1 as integer)
{%- endmacro %}

{% macro duckdb__iso_weekday(moment) -%}
    cast(isodow({{ moment }}) as integer)
{%- endmacro %}

{% macro postgres__iso_weekday(moment) -%}
    cast(extract(isodow from {{ moment }}) as integer)
{%- endmacro %}
