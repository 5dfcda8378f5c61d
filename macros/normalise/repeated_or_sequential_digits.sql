{#
    True where a number is what people type to get past a form: one digit all along (777777777, 0000), or a run
    up or down the keyboard (123456789, 987654321, 0123456789, 7890123). Of a phone in E.164 the calling code
    is left aside (+420111111111), whatever the country.

    Arguments: a phone (E.164 or digits) or a card number. Null gives null, a text with other
    signs gives false.

    Traps. At least four digits, so that a house card '777' is nobody's placeholder. Runs wrap from 9 to 0 and
    back. True is no proof: 777 777 777 can be a person's, so treat it as shared, not as wrong.
#}
{% macro repeated_or_sequential_digits(expression) -%}
    {%- set shapes = [] -%}
    {%- for digit in range(10) -%}
        {%- do shapes.append(digit ~ '{4,}') -%}
        {%- for step in [1, -1] -%}
            {%- set run = namespace(pattern='') -%}
            {%- for distance in range(11, 3, -1) -%}
                {%- set run.pattern = '(?:' ~ ((digit + step * distance) % 10) ~ run.pattern ~ ')?' -%}
            {%- endfor -%}
            {%- set start = [] -%}
            {%- for distance in range(4) -%}
                {%- do start.append((digit + step * distance) % 10) -%}
            {%- endfor -%}
            {%- do shapes.append(start | join ~ run.pattern) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set codes = phone_numbering_plan() | map(attribute='calling_code') | join('|') -%}
    {%- set unlisted = unlisted_calling_codes() | replace('x', '[0-9]') ~ '[0-9]?|[17]' -%}
    {{ regexp_is_match(expression, '^(?:[+](?:' ~ codes ~ '|' ~ unlisted ~ '))?(?:' ~ shapes | join('|') ~ ')$') }}
{%- endmacro %}
