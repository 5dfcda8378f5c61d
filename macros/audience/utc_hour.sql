{#
    The hour in UTC, 0 to 23, at which an hour of a local clock begins.

    local_hour: SQL integer, 0 to 23; minutes_ahead: SQL integer, see minutes_ahead_of_utc.
    Traps: null in, null out. Where the zone is ahead by a half hour, the hour in UTC is the one in
    which the local hour begins. The day may be another: see utc_weekday.
#}
{% macro utc_hour(local_hour, minutes_ahead) -%}
    cast(floor(mod({{ local_hour }} * 60 - {{ minutes_ahead }} + 2880, 1440) / 6e1) as integer)
{%- endmacro %}
