{#
    The first given name for matching: name_key cut at its first blank. 'Anna-Marie' gives 'anna',
    'J. R.' gives 'j'.

    Arguments: a text expression that holds given names only.

    Trap: a surname written first ('Novák Jan') gives the surname; the column must be what it says.
    Nicknames are folded afterwards, by a join to the seed nicknames.
#}
{% macro given_name_key(expression) -%}
    nullif(split_part({{ name_key(expression) }}, ' ', 1), '')
{%- endmacro %}
