{#
    What a loyalty event does to the balance: points earned as they stand, so that a correction below 0
    takes away; points redeemed and expired always take away, whichever sign the source writes.

    Arguments: event_type and points, SQL expressions.
    Traps: an event without points, and any other kind, moves nothing.
#}
{% macro points_movement(event_type, points) %}
    {{- return(
        'coalesce(case when ' ~ event_type ~ " = 'points_earned' then " ~ points
        ~ ' when ' ~ event_type ~ " in ('points_redeemed', 'points_expired') then -abs(" ~ points
        ~ ') end, 0)'
    ) -}}
{% endmacro %}
