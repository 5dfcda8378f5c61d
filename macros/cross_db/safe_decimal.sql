{#
    A decimal from text that uses a point, or null where the text is no such number or does not fit.

    expression: SQL text expression; precision, scale: of the result.

    Traps: digits beyond the scale are rounded half away from zero. An exponent is read, because a
    floating column that is cast to text has one (1e-05). DuckDB also reads 1_000, which is refused here.
#}
{% macro safe_decimal(expression, precision, scale) -%}
    {{ return(adapter.dispatch('safe_decimal', 'crossbrand')(expression, precision, scale)) }}
{%- endmacro %}

{% macro default__safe_decimal(expression, precision, scale) -%}
    try_cast({{ expression }} as decimal({{ precision }}, {{ scale }}))
{%- endmacro %}

{% macro duckdb__safe_decimal(expression, precision, scale) -%}
    case when not contains({{ expression }}, '_') then try_cast({{ expression }} as decimal({{ precision }}, {{ scale }})) end
{%- endmacro %}

{% macro postgres__safe_decimal(expression, precision, scale) -%}
    cast(crossbrand_functions.safe_decimal({{ expression }}, {{ precision }}, {{ scale }}) as decimal({{ precision }}, {{ scale }}))
{%- endmacro %}
