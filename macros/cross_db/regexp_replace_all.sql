{#
    Replaces every match of a pattern.

    Arguments: an expression; the pattern; the replacement, where \1 to \9 stand for groups (write
    '\\1' in Jinja). A group that took no part in the match is empty on both engines.

    Traps. Patterns are literals, in the language that RE2 (DuckDB) and java.util.regex (Spark)
    share: no look-around, no back references inside the pattern, no possessive quantifiers. A quote
    inside a pattern is escaped here, so write it once. In Jinja a backslash is written twice. \b
    knows only ASCII letters in RE2 and every letter in Java up to 18: fold accents first.
#}
{% macro regexp_replace_all(expression, pattern, replacement='') %}
    {{- return(
        adapter.dispatch('regexp_replace_all', 'crossbrand')(expression, pattern, replacement)
    ) -}}
{% endmacro %}

{% macro default__regexp_replace_all(expression, pattern, replacement='') %}
    {%- set java_replacement = modules.re.sub('\\\\([0-9])', '$\\1', replacement) -%}
    regexp_replace({{ expression }}, {{ regexp_literal(pattern) }}, '{{ java_replacement }}')
{%- endmacro %}

{% macro duckdb__regexp_replace_all(expression, pattern, replacement='') -%}
    regexp_replace({{ expression }}, {{ regexp_literal(pattern) }}, '{{ replacement }}', 'g')
{%- endmacro %}

{% macro postgres__regexp_replace_all(expression, pattern, replacement='') -%}
    regexp_replace({{ expression }}, {{ regexp_literal(pattern) }}, '{{ replacement }}', 'g')
{%- endmacro %}
