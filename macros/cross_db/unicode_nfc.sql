{#
    Unicode normal form C: a letter and its combining accent become one code point.

    Arguments: a text expression.

    Traps. Spark SQL has no normalisation, so there the pairs of unicode_compositions are replaced
    one by one, and only in texts that hold a combining mark at all: Latin, Greek and Cyrillic come
    out as in DuckDB, other scripts stay as they are, and so do two marks in another order than Unicode's.
    The pairs are replaced twice over, because a letter may carry two marks.
#}
{% macro unicode_nfc(expression) %}
    {{- return(adapter.dispatch('unicode_nfc', 'crossbrand')(expression)) -}}
{% endmacro %}

{% macro default__unicode_nfc(expression) -%}
    {%- set singletons = unicode_singletons() -%}
    {%- set text -%} translate({{ expression }}, '{{ singletons.signs }}', '{{ singletons.letters }}') {%- endset -%}
    {%- set pairs = [] -%}
    {%- for row in unicode_compositions() -%}
        {%- for base in row.bases -%}
            {%- do pairs.append(base ~ row.mark ~ row.letters[loop.index0]) -%}
        {%- endfor -%}
    {%- endfor -%}
    case
        when {{ regexp_is_match(expression, '\\p{Mn}') }}
            then aggregate(
                split('{{ (pairs + pairs) | join(' ') }}', ' '),
                {{ text }},
                (composed, pair) -> replace(composed, left(pair, 2), right(pair, 1))
            )
        else {{ text }}
    end
{%- endmacro %}

{% macro duckdb__unicode_nfc(expression) -%}
    nfc_normalize({{ expression }})
{%- endmacro %}

{% macro postgres__unicode_nfc(expression) -%}
    normalize({{ expression }}, nfc)
{%- endmacro %}
