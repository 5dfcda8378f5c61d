{#
    How well a score ranks: the probability that a customer who bought was scored above one who did not,
    ties counting half (the area under the ROC curve, from the sum of ranks as Mann and Whitney have it).

    Arguments: double_rank, twice the middle rank of the score among all; has_bought, a condition.
    Traps: an aggregate. Null where all bought or none did.
#}
{% macro area_under_curve(double_rank, has_bought) -%}
    {%- set bought = 'sum(case when ' ~ has_bought ~ ' then 1 else 0 end)' -%}
    {{- decimal_quotient(
        'sum(case when ' ~ has_bought ~ ' then ' ~ double_rank ~ ' else 0 end) - '
        ~ bought ~ ' * (' ~ bought ~ ' + 1)',
        '2 * ' ~ bought ~ ' * (count(*) - ' ~ bought ~ ')',
        4
    ) -}}
{%- endmacro %}
