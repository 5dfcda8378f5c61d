{#
    True where a phone is what people type to get past a form: one digit all along (777777777,
    00000000) or the keyboard's run from its end (123456789, 1234567890, 0123456789, 987654321). Of
    a number in E.164 the calling code is left aside (+420111111111), whatever the country.

    Arguments: a phone, E.164 or digits. Null gives null, a text with other signs gives false.

    Traps. Only whole numbers of at least seven digits: 234567890 and 777123456 are somebody's.
#}
{% macro repeated_or_sequential_digits(expression) -%}
    {%- set shapes = ['0?1234567(?:8(?:9(?:01?2?)?)?)?', '9876543(?:2(?:10?)?)?'] -%}
    {%- for digit in range(10) -%}
        {%- do shapes.append(digit ~ '{7,}') -%}
    {%- endfor -%}
    {%- set codes = phone_numbering_plan() | map(attribute='calling_code') | join('|') -%}
    {#- A calling code has one to three digits; a listed one may not borrow one of the number. -#}
    {%- set unlisted =
        '[17]|' ~ unlisted_calling_codes() | replace('x|', 'x?|') | replace('x', '[0-9]')
    -%}
    {{ regexp_is_match(
        expression, '^(?:[+](?:' ~ codes ~ '|' ~ unlisted ~ '))?(?:' ~ shapes | join('|') ~ ')$'
    ) }}
{%- endmacro %}
