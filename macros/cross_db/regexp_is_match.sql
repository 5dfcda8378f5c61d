{#
    True where a pattern is found anywhere in the text; null for null.

    Arguments: an expression; the pattern (the traps of regexp_replace_all hold). Anchor with ^ and
    $ to test the whole text.
#}
{% macro regexp_is_match(expression, pattern) %}
    {{- return(adapter.dispatch('regexp_is_match', 'crossbrand')(expression, pattern)) -}}
{% endmacro %}

{% macro default__regexp_is_match(expression, pattern) -%}
    regexp({{ expression }}, {{ regexp_literal(pattern) }})
{%- endmacro %}

{% macro duckdb__regexp_is_match(expression, pattern) -%}
    regexp_matches({{ expression }}, {{ regexp_literal(pattern) }})
{%- endmacro %}

{% macro postgres__regexp_is_match(expression, pattern) -%}
    ({{ expression }} ~ {{ regexp_literal(pattern) }})
{%- endmacro %}
