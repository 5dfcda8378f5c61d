{#
    A text in small letters, letter by letter.

    expression: SQL text expression.

    Traps: the same letters must come out everywhere, since addresses and names are matched by them. Java, and
    so Spark, makes two characters of the Turkish İ and another letter of a sigma at a word's end; DuckDB
    does neither. Letters are never made capital again: there the engines differ more (ß).
#}
{% macro lower_case(expression) -%}
    {{ return(adapter.dispatch('lower_case', 'crossbrand')(expression)) }}
{%- endmacro %}

{% macro default__lower_case(expression) -%}
    lower({{ expression }})
{%- endmacro %}

{% macro spark__lower_case(expression) -%}
    lower(translate({{ expression }}, 'İΣ', 'iσ'))
{%- endmacro %}
