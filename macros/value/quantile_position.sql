{#
    Where a quantile stands among sorted values, counted from 0, as an exact decimal.

    With linear interpolation the cut lies between the value at the floor of the position and the
    next one, by the position's fraction. In floating point 0.6 * 5 may come out just below 3 and
    move the cut below a customer's own value; a decimal product cannot.

    Arguments: share, a number between 0 and 1 with at most six decimals; value_count, an integer
    expression of at least 1.
    Traps: interpolate in decimal as well, or the care taken here is lost.
#}
{% macro quantile_position(share, value_count) %}
    {{- return(
        '(cast(' ~ share ~ ' as decimal(7, 6)) * cast(' ~ value_count ~ ' - 1 as decimal(18, 0)))'
    ) -}}
{% endmacro %}
