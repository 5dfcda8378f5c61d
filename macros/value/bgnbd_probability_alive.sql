{#
    BG/NBD: the probability that a customer is still active, as a double.

    1 / (1 + a / (b + x - 1) * ((alpha + age) / (alpha + last)) ^ (r + x)), and 1 for a customer without
    a repeat purchase, who has had no occasion to leave yet (Fader, Hardie & Lee 2008, Computing P(alive)
    using the BG/NBD model).

    Arguments: parameters, the alias of a row with r, alpha_weeks, a and b; repeats, last_weeks and
    age_weeks, expressions: repeat purchases, and the weeks from the first purchase to the last one and to
    now.
    Traps: the power is taken by logarithms and capped, for engines differ on what an overflow gives.
#}
{% macro bgnbd_probability_alive(parameters, repeats, last_weeks, age_weeks) -%}
    case
        when {{ repeats }} = 0 then cast(1 as double)
        else
            1e0 / (
                1e0 + exp(
                    least(
                        ln({{ parameters }}.a) - ln({{ parameters }}.b + {{ repeats }} - 1)
                        + ({{ parameters }}.r + {{ repeats }})
                        * ln(
                            ({{ parameters }}.alpha_weeks + {{ age_weeks }})
                            / ({{ parameters }}.alpha_weeks + {{ last_weeks }})
                        ),
                        700e0
                    )
                )
            )
    end
{%- endmacro %}
