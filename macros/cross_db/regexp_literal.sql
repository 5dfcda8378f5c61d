{#
    A regular expression as a literal of the engine.

    Arguments: the pattern as a Jinja string, where a backslash is written twice ('\\b').

    Trap: Spark unescapes a literal once before the regex engine sees it, so its backslashes are
    doubled and its quote is escaped by a backslash; DuckDB takes backslashes as they are and
    doubles a quote.
#}
{% macro regexp_literal(pattern) %}
    {{- return(adapter.dispatch('regexp_literal', 'crossbrand')(pattern)) -}}
{% endmacro %}

{% macro default__regexp_literal(pattern) -%}
    '{{ pattern | replace('\\', '\\\\') | replace("'", "\\'") }}'
{%- endmacro %}

{% macro duckdb__regexp_literal(pattern) -%}
    '{{ pattern | replace("'", "''") }}'
{%- endmacro %}
