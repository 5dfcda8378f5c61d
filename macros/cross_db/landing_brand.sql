{#
    The brand that delivered a landed row: from the file's path, or the table's column on a warehouse.

    Only base models use it, directly on source('landing', …).

    Trap: on DuckDB the path is read here and not by hive_partitioning, which refuses to read when the
    landing root itself has a folder named like `year=2025`, and which a column `brand` inside a file
    would overrule. The name is the same for a whole file, so the regex runs once a vector.
#}
{% macro landing_brand() -%}
    {{ return(adapter.dispatch('landing_brand', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__landing_brand() -%}
    cast(brand as string)
{%- endmacro %}

{% macro duckdb__landing_brand() -%}
    url_decode(regexp_extract(_landing_file, '/brand=([^/]*)/load_date=[^/]*/[^/]*$', 1))
{%- endmacro %}

{% macro postgres__landing_brand() -%}
    brand
{%- endmacro %}
