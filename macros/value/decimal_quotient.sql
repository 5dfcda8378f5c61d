{#
    A quotient as a decimal, rounded half away from zero; null where the divisor is zero or null.

    numerator, denominator: exact SQL numbers; digits: decimal places of the result.
    Traps: engines disagree on the scale of a decimal division, so one division in floating point of
    two exact operands is rounded once; being a function of one row, it cannot depend on row order.
#}
{% macro decimal_quotient(numerator, denominator, digits) -%}
    cast(
        round(cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0), {{ digits }})
        as decimal(18, {{ digits }})
    )
{%- endmacro %}
