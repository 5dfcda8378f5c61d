{#
    The file that a landed row came from, as the engine names it; null on a warehouse, where a feed is a table
    and nothing says so; on PostgreSQL the loader keeps it in a column.

    Only base models that are loaded by file use it, directly on unread_rows(source('landing', …)).
#}
{% macro landed_file() -%}
    {{ return(adapter.dispatch('landed_file', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__landed_file() -%}
    cast(null as string)
{%- endmacro %}

{% macro duckdb__landed_file() -%}
    _landing_file
{%- endmacro %}

{% macro postgres__landed_file() -%}
    _landing_file
{%- endmacro %}

{% macro spark__landed_file() -%}
    _landing_file
{%- endmacro %}
