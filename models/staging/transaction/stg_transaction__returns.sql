with

base_transaction__returns as (
    select * from {{ ref('base_transaction__returns') }}
),

valid as (
    select * from base_transaction__returns where reject_reason_code is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, return_id
            order by load_date desc, version_hash desc
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
        return_id,
        order_id,
        line_number,
        product_id,
        quantity,
        refund_amount_original,
        return_type,
        reason,
        returned_at
    from ranked
    where version_rank = 1
)

select * from latest
