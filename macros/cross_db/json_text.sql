{#
    A struct as the text of a JSON object, nulls included, keys in the struct's order.

    expression: a struct.
#}
{% macro json_text(expression) -%}
    {{ return(adapter.dispatch('json_text', 'crossbrand')(expression)) }}
{%- endmacro %}

{% macro default__json_text(expression) -%}
    to_json({{ expression }}, map('ignoreNullFields', 'false'))
{%- endmacro %}

{% macro duckdb__json_text(expression) -%}
    cast(to_json({{ expression }}) as varchar)
{%- endmacro %}

{% macro postgres__json_text(expression) -%}
    cast(row_to_json({{ expression }}) as text)
{%- endmacro %}
