{#
    Root of the mean of squares of a decimal, rounded; an aggregate whose sum is exact.

    Arguments: value, a decimal expression with at most six decimals; digits, decimal places.
#}
{% macro root_mean_square(value, digits) -%}
    cast(
        round(
            sqrt(
                cast(sum(cast(({{ value }}) * ({{ value }}) as decimal(38, 12))) as double)
                / count(*)
            ),
            {{ digits }}
        ) as decimal(18, {{ digits }})
    )
{%- endmacro %}
