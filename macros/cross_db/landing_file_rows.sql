{#
    The relation of landed files and how many rows each says that it holds: landed_file, row_count.

    Trap: on DuckDB the counts come from the files' own footers and not from a scan, so that an accounting
    against them can fail; Spark counts without reading a column, which is the same. Elsewhere the feeds are
    tables, and the tables are counted. A file without rows has no row on Spark.
#}
{% macro landing_file_rows() -%}
    {{ return(adapter.dispatch('landing_file_rows', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__landing_file_rows() -%}
    (
        {%- for feed in contract_feeds() %}
        select
            concat('{{ feed }}/brand=', brand, '/load_date=', load_date, '/table') as landed_file,
            count(*) as row_count
        from {{ source('landing', feed) }}
        group by brand, load_date
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{% macro duckdb__landing_file_rows() -%}
    (select file_name as landed_file, num_rows as row_count from parquet_file_metadata(getvariable('landing_files')))
{%- endmacro %}

{% macro spark__landing_file_rows() -%}
    (
        select
            url_decode(replace(_metadata.file_path, '+', '%2B')) as landed_file,
            count(*) as row_count
        from {{ source('landing', (contract_feeds() or ['orders'])[0]).schema }}.landed_files
        where
            regexp(_metadata.file_path, '/({{ contract_feeds() | join('|') }})/brand=[^/]*/load_date=[^/]*/[^/]*$')
        group by _metadata.file_path
    )
{%- endmacro %}

{% macro postgres__landing_file_rows() -%}
    (select landed_file, row_count from {{ source('landing', (contract_feeds() or ['orders'])[0]).schema }}.landed_files)
{%- endmacro %}
