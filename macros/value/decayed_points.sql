{#
    What one happening adds to an activity score as it stood some days before `as_of`: its points,
    halved for every `activity_half_life_days` of age, and nothing outside `activity_window_days`
    or after that moment.

    Arguments: points, a decimal expression; age_microseconds, from the happening to `as_of`,
    negative where it comes later; earlier_days, how many days before `as_of` the score is wanted,
    0 for now.
    Traps: each contribution is rounded to eight decimals before it is summed, so that the order of
    the rows cannot change the sum. The ends of the window are both inside.
#}
{% macro decayed_points(points, age_microseconds, earlier_days=0) %}
    {%- set day = 86400000000 -%}
    {%- set window_end = earlier_days * day -%}
    {%- set window_start = (earlier_days + var('activity_window_days') | int) * day -%}
    {{- return(
        'case when ' ~ age_microseconds ~ ' between ' ~ window_end ~ ' and ' ~ window_start
        ~ ' then cast(cast(' ~ points ~ ' as double) * power(cast(0.5 as double), ('
        ~ age_microseconds ~ ' - ' ~ window_end ~ ') / 8.64e10 / '
        ~ (var('activity_half_life_days') | float)
        ~ 'e0) as decimal(18, 8)) else cast(0 as decimal(18, 8)) end'
    ) -}}
{% endmacro %}
