with

base_transaction__returns as (
    select * from {{ ref('base_transaction__returns') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        return_id as record_id,
        return_id,
        order_id,
        line_number,
        product_id,
        quantity,
        refund_amount_original,
        return_type,
        reason,
        returned_at
    from base_transaction__returns
    where
        reject_reason_code is null
        and version_rank = 1
        and {{ is_retained('returns', 'returned_at') }}
)

select * from latest_versions
