{#
    An amount in the reporting currency, rounded to cents, half away from zero.

    Arguments: amount, a decimal(18, scale) in another currency; rate, the decimal(18, 10) of
    int_transaction__exchange_rates; scale, decimal places of the amount.
    Traps: the amount is widened first. DuckDB multiplies two decimals of at most 18 digits within 18
    digits, and a product of a million or more then fails the build; 19 digits are also the most for
    which Spark keeps the product exact.
#}
{% macro converted_amount(amount, rate, scale=2) -%}
    cast(round(cast({{ amount }} as decimal(19, {{ scale }})) * {{ rate }}, 2) as decimal(18, 2))
{%- endmacro %}
