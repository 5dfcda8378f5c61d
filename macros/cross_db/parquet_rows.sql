{#
    The rows of a Parquet file, for the from clause.

    path: whole, as the engine names it.
#}
{% macro parquet_rows(path) -%}
    {{ return(adapter.dispatch('parquet_rows', 'crossbrand')(path)) }}
{%- endmacro %}

{% macro default__parquet_rows(path) -%}
    parquet.`{{ path }}`
{%- endmacro %}

{% macro duckdb__parquet_rows(path) -%}
    '{{ path }}'
{%- endmacro %}

{% macro postgres__parquet_rows(path) -%}
    {{ exceptions.raise_compiler_error("PostgreSQL reads no Parquet. `crossbrand publish --postgres` brings DuckDB's marts there.") }}
{%- endmacro %}
