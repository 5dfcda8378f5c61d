{#
    1 to 5: one more than the number of cuts that lie strictly below a value.

    Arguments: value, a numeric expression; cuts, the alias of a row of int_transaction__rfm_cuts.
    Traps: for recency, where less is better, the caller turns the score with `6 - ...`.
#}
{% macro quintile_score(value, cuts) %}
    {{- return(
        '(1'
        ~ ' + case when ' ~ cuts ~ '.cut_20 < ' ~ value ~ ' then 1 else 0 end'
        ~ ' + case when ' ~ cuts ~ '.cut_40 < ' ~ value ~ ' then 1 else 0 end'
        ~ ' + case when ' ~ cuts ~ '.cut_60 < ' ~ value ~ ' then 1 else 0 end'
        ~ ' + case when ' ~ cuts ~ '.cut_80 < ' ~ value ~ ' then 1 else 0 end)'
    ) -}}
{% endmacro %}
