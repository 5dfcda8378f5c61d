{#
    The text that stands for the load date of a landed row: from the file's path, or the table's column
    on a warehouse. It may be no date at all; safe_date tells.

    Only base models use it, directly on source('landing', …).
#}
{% macro landing_load_date() -%}
    {{ return(adapter.dispatch('landing_load_date', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__landing_load_date() -%}
    cast(load_date as string)
{%- endmacro %}

{% macro duckdb__landing_load_date() -%}
    url_decode(regexp_extract(_landing_file, '/load_date=([^/]*)/[^/]*$', 1))
{%- endmacro %}

{% macro postgres__landing_load_date() -%}
    load_date
{%- endmacro %}
