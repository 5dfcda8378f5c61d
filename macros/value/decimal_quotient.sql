{#
    A quotient as a decimal, rounded half away from zero; null where the divisor is zero or null.

    numerator, divisor: SQL numbers; digits: decimal places of the result; divisor_digits: decimal places
    that the divisor has, 2 for money, or else that the numerator has beyond digits.
    Traps: both are made whole numbers before they are divided, for 10.05 / 10 in floating point is
    1.00499... and would be a cent too little, on one engine and not on the other. The quotient of two whole
    numbers is a tie exactly where it should be, as long as the first is below 2^52. So the numerator may
    have no more than digits + divisor_digits decimal places.
#}
{% macro decimal_quotient(numerator, divisor, digits, divisor_digits=0) -%}
    cast(
        round(
            round(cast({{ numerator }} as double) * 1e{{ digits + divisor_digits }})
            / nullif(round(cast({{ divisor }} as double) * 1e{{ divisor_digits }}), 0)
        ) / 1e{{ digits }}
        as decimal(18, {{ digits }})
    )
{%- endmacro %}
