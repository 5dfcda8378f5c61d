with

base_transaction__order_lines as (
    select * from {{ ref('base_transaction__order_lines') }}
),

valid as (
    select * from base_transaction__order_lines where reject_reason_code is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, order_id, line_number
            order by updated_at desc nulls last, load_date desc, version_hash desc
        ) as version_rank
    from valid
),

latest as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        record_id,
        order_id,
        line_number,
        product_id,
        quantity,
        unit_price_amount_original,
        discount_amount_original,
        updated_at
    from ranked
    where version_rank = 1
)

select * from latest
