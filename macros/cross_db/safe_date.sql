{#
    A date from ISO text, or null: 2025-01-31, alone or with a time behind it, whose date is taken as
    it is written (a birthday does not move with a time zone).

    expression: SQL text expression.

    Trap: DuckDB's own cast also reads 2025-1-31 and 2025/01/31, which are not ISO; hence the pattern.
#}
{% macro safe_date(expression) -%}
    {{ return(adapter.dispatch('safe_date', 'crossbrand')(expression)) }}
{%- endmacro %}

{% macro default__safe_date(expression) -%}
    case
        when {{ regexp_is_match(expression, '^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:$|[Tt ][0-9]{2}:)') }}
            then try_cast(substr({{ expression }}, 1, 10) as date)
    end
{%- endmacro %}

{% macro postgres__safe_date(expression) -%}
    crossbrand_functions.safe_date({{ expression }})
{%- endmacro %}
