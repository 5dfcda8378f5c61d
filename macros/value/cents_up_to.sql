{#
    How many cents of an amount have been given out when a share of it has, rounded to the nearest.

    What each of several takers gets is the difference of two of these. So the parts are never more than
    a cent from their exact size and add up to the amount, however many there are, and none is negative
    where the amount is not. Rounding each part by itself loses or makes cents.

    Arguments: amount, a decimal with two places; numerator and denominator of the share, 0 to 1.
    Traps: whole numbers up to 2^53 keep it exact; half a cent is rounded up.
#}
{% macro cents_up_to(amount, numerator, denominator) -%}
    cast(
        floor(
            (
                2e0 * cast(cast({{ amount }} * 100 as bigint) as double) * ({{ numerator }})
                + ({{ denominator }})
            ) / (2e0 * ({{ denominator }}))
        ) as bigint
    )
{%- endmacro %}
