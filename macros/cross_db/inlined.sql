{#
    Marks a step of a query that is used more than once and is to run once for each use, in place of being kept:
    `events as {{ inlined() }} ( … )`.

    DuckDB and PostgreSQL keep whatever is used twice as a whole, in memory or on disk. That is right where a step works hard or
    is narrow. Where it passes on wide rows of a big feed, to read them again costs less: for the sessions
    of ten million events a quarter of the time and two thirds of the memory. Spark runs every use anyway.

    Trap: what an inlined step reads is used more than once by that, and is to be marked as well.
#}
{% macro inlined() -%}
    {{ return(adapter.dispatch('inlined', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__inlined() -%}
{%- endmacro %}

{% macro duckdb__inlined() -%}
    not materialized
{%- endmacro %}

{% macro postgres__inlined() -%}
    not materialized
{%- endmacro %}
