{#
    BG/NBD: the probability that a customer who is active now buys nothing in a coming time, were they
    to stay active until they buy: ((alpha + age) / (alpha + age + time)) ^ (r + x), as a double.

    An active customer's rate is gamma distributed with r + x and alpha + age, of which this is the
    Laplace transform. Drop-out plays no part, since nobody drops out before buying.

    Arguments: parameters, the alias of a row with r and alpha_weeks; repeats, age_weeks and time_weeks,
    expressions.
#}
{% macro bgnbd_silence(parameters, repeats, age_weeks, time_weeks) -%}
    exp(
        ({{ parameters }}.r + {{ repeats }})
        * ln(
            ({{ parameters }}.alpha_weeks + {{ age_weeks }})
            / ({{ parameters }}.alpha_weeks + {{ age_weeks }} + {{ time_weeks }})
        )
    )
{%- endmacro %}
