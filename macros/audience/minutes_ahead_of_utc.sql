{#
    By how many minutes the clock of a time zone is ahead of UTC at a moment; negative to the west.

    moment: SQL timestamp in UTC; time_zone: SQL text with the IANA name of the zone.
    Traps: null in, null out.
#}
{% macro minutes_ahead_of_utc(moment, time_zone) -%}
    cast(
        floor(
            ({{ epoch_microseconds(at_time_zone(moment, time_zone)) }}
            - {{ epoch_microseconds(moment) }}) / 6e7
        ) as integer
    )
{%- endmacro %}
