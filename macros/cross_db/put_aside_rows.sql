{#
    The relation of records that `crossbrand land` has put aside: feed, brand_id, load_date_text,
    source_file, source_line_text, reason_code, detail, payload.

    Traps. The command writes files, so on a warehouse that is loaded by another tool there are none. The
    brand and the feed are the file's own columns, which say what the delivery was landed as.
#}
{% macro put_aside_rows() -%}
    {{ return(adapter.dispatch('put_aside_rows', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__put_aside_rows() -%}
    (
        select
            cast(null as string) as feed,
            cast(null as string) as brand_id,
            cast(null as string) as load_date_text,
            cast(null as string) as source_file,
            cast(null as string) as source_line_text,
            cast(null as string) as reason_code,
            cast(null as string) as detail,
            cast(null as string) as payload
        where false
    )
{%- endmacro %}

{% macro duckdb__put_aside_rows() -%}
    (
        select
            feed,
            brand as brand_id,
            {{ landing_load_date() }} as load_date_text,
            file as source_file,
            cast(line as varchar) as source_line_text,
            coalesce(reason, reason_code) as reason_code,
            detail,
            "text" as payload
        from read_parquet(
            getvariable('landing_rejects'),
            union_by_name = true,
            hive_partitioning = false,
            filename = '_landing_file'
        )
    )
{%- endmacro %}

{% macro spark__put_aside_rows() -%}
    (
        select
            feed,
            brand as brand_id,
            url_decode(regexp_extract(_metadata.file_path, '/load_date=([^/]*)/[^/]*$', 1)) as load_date_text,
            file as source_file,
            line as source_line_text,
            coalesce(reason, reason_code) as reason_code,
            detail,
            `text` as payload
        from {{ source('landing', 'orders').schema }}.put_aside
    )
{%- endmacro %}

{% macro postgres__put_aside_rows() -%}
    (
        select
            feed,
            brand as brand_id,
            load_date as load_date_text,
            file as source_file,
            line as source_line_text,
            coalesce(reason, reason_code) as reason_code,
            detail,
            "text" as payload
        from {{ source('landing', 'orders').schema }}.put_aside
    )
{%- endmacro %}
