with

base_transaction__order_lines as (
    select * from {{ ref('base_transaction__order_lines') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        order_id || '|' || cast(line_number as {{ type_string() }}) as record_id,
        order_id,
        line_number,
        product_id,
        quantity,
        unit_price_amount_original,
        discount_amount_original,
        updated_at
    from base_transaction__order_lines
    where
        reject_reason_code is null
        and version_rank = 1
        and {{ is_retained('order_lines', 'coalesce(updated_at, cast(load_date as timestamp))') }}
)

select * from latest_versions
