{#
    A decimal, or null.

    expression: SQL text expression; precision, scale: of the result. Digits beyond the scale are rounded
    half away from zero; a number that does not fit is null.

    What is read: a decimal point (1234.50, also with an exponent, which floating columns have); a
    decimal comma (1234,50: a single comma is always the decimal one, as the contract says, so 1,234 is
    1.234); thousands in groups of three, set off by a blank, by the other mark (1.234,50 and 1,234.50),
    or by the same mark repeated (1.234.567). Anything else (12 34, 1.23.45, EUR 5, 5-) is null:
    guessing at money is worse than quarantine.
#}
{% macro typed_decimal(expression, precision, scale) -%}
    {%- set number = "replace(" ~ regexp_replace_all(clean_text(expression), '[\u00a0\u2009\u202f]', ' ') ~ ", '\u2212', '-')" -%}
    case
        when {{ expression }} is not null then coalesce(
            {{ safe_decimal(expression, precision, scale) }},
            case
                when {{ regexp_is_match(number, '^[+-]?(?:[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,3}(?:[.][0-9]{3})+|[0-9]*),[0-9]+$') }}
                    then {{ safe_decimal("replace(" ~ regexp_replace_all(number, '[ .]') ~ ", ',', '.')", precision, scale) }}
                when {{ regexp_is_match(number, '^[+-]?(?:[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)[.][0-9]+$') }}
                    then {{ safe_decimal(regexp_replace_all(number, '[ ,]'), precision, scale) }}
                when {{ regexp_is_match(number, '^[+-]?(?:[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,3}(?:[.][0-9]{3}){2,}|[0-9]{1,3}(?:,[0-9]{3}){2,}|[0-9]+)$') }}
                    then {{ safe_decimal(regexp_replace_all(number, '[ .,]'), precision, scale) }}
            end
        )
    end
{%- endmacro %}
