{#
    A number from 0 to below 1 that is drawn by a text: the same text always draws the same number, on
    every engine, and texts draw it evenly. Comparing it with a share takes that share of the texts.

    expression: SQL text expression, never null.
    Traps: the first four hexadecimal digits of the md5, so steps of 1/65,536, which a floating-point
    number holds exactly; no secret, anybody can compute it.
#}
{% macro hash_share(expression) -%}
    {%- set hash = hash_text(expression) -%}
    ((
        (position(substring({{ hash }}, 1, 1) in '0123456789abcdef') - 1) * 4096
        + (position(substring({{ hash }}, 2, 1) in '0123456789abcdef') - 1) * 256
        + (position(substring({{ hash }}, 3, 1) in '0123456789abcdef') - 1) * 16
        + (position(substring({{ hash }}, 4, 1) in '0123456789abcdef') - 1)
    ) / 6.5536e4)
{%- endmacro %}
