{{ config(pre_hook="{{ register_landing_files(contract_feeds(), 'files') }}") }}

with

landing_file_rows as (
    select
        landed_file,
        row_count
    from {{ landing_file_rows() }} as landed_files
),

placed as (
    select
        {{ regexp_extract_match('landed_file', '[^/]+/brand=[^/]*/load_date=[^/]*/[^/]*$') }}
            as file_name,
        row_count
    from landing_file_rows
    -- The project's own zero-row files are no delivery.
    where landed_file not like '%zero_rows/%/brand=none/load_date=1970-01-01/zero_rows.parquet'
),

split as (
    select
        split_part(file_name, '/', 1) as feed,
        split_part(split_part(file_name, '/', 2), '=', 2) as brand_id,
        {{ safe_date("split_part(split_part(file_name, '/', 3), '=', 2)") }} as load_date,
        file_name,
        cast(row_count as bigint) as row_count
    from placed
)

select * from split
