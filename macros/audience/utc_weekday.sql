{#
    The day of the week in UTC, 1 for Monday to 7 for Sunday, on which an hour of a local day begins.

    local_weekday: SQL integer, 1 to 7; local_hour: SQL integer, 0 to 23; minutes_ahead: SQL integer, see
    minutes_ahead_of_utc.
    Traps: null in, null out.
#}
{% macro utc_weekday(local_weekday, local_hour, minutes_ahead) -%}
    cast(
        mod(
            {{ local_weekday }} + 6
            + cast(floor(({{ local_hour }} * 60 - {{ minutes_ahead }}) / 1.44e3) as integer),
            7
        ) + 1 as integer
    )
{%- endmacro %}
