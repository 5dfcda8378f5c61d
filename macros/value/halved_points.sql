{#
    Points halved for every `activity_half_life_days` of age, to eight decimals: decayed_points without
    the window, for callers that have seen to it.

    Arguments: points, a decimal expression; age_microseconds, an integer expression.
    Traps: rounded before it is summed, so that the order of the rows cannot change the sum.
#}
{% macro halved_points(points, age_microseconds) %}
    {{- return(
        'cast(cast(' ~ points ~ ' as double) * power(cast(0.5 as double), ('
        ~ age_microseconds ~ ') / 8.64e10 / ' ~ (var('activity_half_life_days') | float)
        ~ 'e0) as decimal(18, 8))'
    ) -}}
{% endmacro %}
