{#
    How a model is materialized that takes only what its files, or its upstream, have not brought yet
    (docs/incremental.md): `incremental` on DuckDB and Spark, which tell files apart, else a table.
#}
{% macro loaded_by_file() -%}
    {{ return(adapter.dispatch('loaded_by_file', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__loaded_by_file() -%}
    {{ return('table') }}
{%- endmacro %}

{% macro duckdb__loaded_by_file() -%}
    {{ return('incremental') }}
{%- endmacro %}

{% macro spark__loaded_by_file() -%}
    {{ return('incremental') }}
{%- endmacro %}
