{#
    One end of Wilson's score interval of 95 % for a share, as a double: unlike the textbook's normal
    interval it stays within 0 and 1 and holds for few trials and for shares near 0.

        (p + z^2 / 2n  -+  z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n),  z = 1.959964

    Arguments: successes and trials, counts; end, 'low' or 'high'.
    Traps: null where there are no trials.
#}
{% macro wilson_bound(successes, trials, end) %}
    {%- set z = '1.959963984540054e0' -%}
    {%- set n = 'cast(' ~ trials ~ ' as double)' -%}
    {%- set share = '(cast(' ~ successes ~ ' as double) / ' ~ n ~ ')' -%}
    {%- set square = '(' ~ z ~ ' * ' ~ z ~ ')' -%}
    {{- return(
        'case when ' ~ trials ~ ' > 0 then (' ~ share ~ ' + ' ~ square ~ ' / (2 * ' ~ n ~ ')'
        ~ (' - ' if end == 'low' else ' + ') ~ z ~ ' * sqrt(' ~ share ~ ' * (1 - ' ~ share ~ ') / '
        ~ n ~ ' + ' ~ square ~ ' / (4 * ' ~ n ~ ' * ' ~ n ~ '))) / (1 + ' ~ square ~ ' / ' ~ n
        ~ ') end'
    ) -}}
{% endmacro %}
