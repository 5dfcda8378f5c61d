{#
    Letters without their accents: á becomes a, ž becomes z. Letters that are not a letter and a
    mark (ł, đ, ø, ß, æ) stay; name_key folds them.

    Arguments: a text expression.

    Trap: Spark has no function for it; there it is a translation of the letters in
    unicode_compositions, so that accents outside Latin, Greek and Cyrillic stay. PostgreSQL takes
    a text apart, drops the marks and composes it again.
#}
{% macro strip_accents(expression) %}
    {{- return(adapter.dispatch('strip_accents', 'crossbrand')(expression)) -}}
{% endmacro %}

{% macro default__strip_accents(expression) -%}
    {%- set base_of = {} -%}
    {%- for row in unicode_compositions() -%}
        {%- for letter in row.letters -%}
            {%- do base_of.update({letter: row.bases[loop.index0]}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set bases = [] -%}
    {%- for letter, base in base_of.items() -%}
        {%- set plainer = base_of.get(base, base) -%}
        {%- do bases.append(base_of.get(plainer, plainer)) -%}
    {%- endfor -%}
    {{ regexp_replace_all(
        "translate(" ~ expression ~ ", '" ~ base_of.keys() | join ~ "', '" ~ bases | join ~ "')",
        '\\p{Mn}+'
    ) }}
{%- endmacro %}

{% macro duckdb__strip_accents(expression) -%}
    strip_accents({{ expression }})
{%- endmacro %}

{% macro postgres__strip_accents(expression) -%}
    normalize(regexp_replace(normalize({{ expression }}, nfd), {{ regexp_literal('\\p{M}+') }}, '', 'g'), nfc)
{%- endmacro %}
