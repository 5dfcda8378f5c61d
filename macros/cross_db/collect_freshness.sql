{#
    What `dbt source freshness` asks: the newest load date of a feed, and the time now. dbt finds this macro
    by its name, in place of its own.

    source: the feed's relation; loaded_at_field, filter: as the sources YAML gives them.

    On DuckDB a feed is files, and their paths tell the load date, so no
    file is opened. The variable freshness_brand names the brand to ask for, else all count. On PostgreSQL the
    load date is a text of the table. Elsewhere dbt's own macro reads the column load_date.

    Trap: a path without a date in it is passed over; landing_files shows it with a null.
#}
{% macro duckdb__collect_freshness(source, loaded_at_field, filter) -%}
    {%- call statement('collect_freshness', fetch_result=true, auto_begin=false) -%}
        select
            max(try_cast(url_decode(regexp_extract(file, '/load_date=([^/]*)/[^/]*$', 1)) as timestamp)) as max_loaded_at,
            current_timestamp at time zone 'UTC' as snapshotted_at
        from glob('{{ landing_path() }}/{{ source.identifier }}/brand=*/load_date=*/*.parquet')
        {%- if var('freshness_brand') %}
        where
            url_decode(regexp_extract(file, '/brand=([^/]*)/load_date=[^/]*/[^/]*$', 1))
            = '{{ var('freshness_brand') | replace("'", "''") }}'
        {%- endif %}
    {%- endcall -%}
    {{ return(load_result('collect_freshness')) }}
{%- endmacro %}

{% macro postgres__collect_freshness(source, loaded_at_field, filter) -%}
    {%- call statement('collect_freshness', fetch_result=true, auto_begin=false) -%}
        select
            cast(max({{ safe_date(loaded_at_field) }}) as timestamp) as max_loaded_at,
            current_timestamp at time zone 'UTC' as snapshotted_at
        from {{ source }}
        {%- if var('freshness_brand') %}
        where brand = '{{ var('freshness_brand') | replace("'", "''") }}'
        {%- endif %}
    {%- endcall -%}
    {{ return(load_result('collect_freshness')) }}
{%- endmacro %}
