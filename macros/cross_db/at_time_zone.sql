{#
    What the clock on the wall shows at a UTC moment, as a timestamp without zone.

    moment: SQL timestamp in UTC; time_zone: SQL text with the IANA name of the zone.
    Traps: null in, null out; a name that the engine does not know is an error and no guess. The hour
    that is repeated in autumn comes twice.
#}
{% macro at_time_zone(moment, time_zone) -%}
    {{ return(adapter.dispatch('at_time_zone', 'crossbrand')(moment, time_zone)) }}
{%- endmacro %}

{% macro default__at_time_zone(moment, time_zone) -%}
    from_utc_timestamp({{ moment }}, {{ time_zone }})
{%- endmacro %}

{% macro duckdb__at_time_zone(moment, time_zone) -%}
    timezone({{ time_zone }}, timezone('UTC', {{ moment }}))
{%- endmacro %}

{% macro postgres__at_time_zone(moment, time_zone) -%}
    timezone({{ time_zone }}, timezone('UTC', {{ moment }}))
{%- endmacro %}
