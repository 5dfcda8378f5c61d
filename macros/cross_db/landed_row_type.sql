{#
    The name of the type that a landed row has (landed_row), where an engine reads the fields of a struct only if it has one.

    feed: name of the source table.
#}
{% macro landed_row_type(feed) -%}
    {{ return(adapter.dispatch('landed_row_type', 'crossbrand')(feed)) }}
{%- endmacro %}

{% macro default__landed_row_type(feed) -%}
    {{ return(none) }}
{%- endmacro %}

{% macro postgres__landed_row_type(feed) -%}
    {{ return('crossbrand_functions.landed_' ~ feed) }}
{%- endmacro %}
