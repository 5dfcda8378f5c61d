with

base_transaction__orders as (
    select * from {{ ref('base_transaction__orders') }}
),

valid as (
    select * from base_transaction__orders where reject_reason_code is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, order_id
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
        ordered_at,
        status,
        sales_channel,
        store_id,
        fulfilment_method,
        contact_id,
        email,
        email_key,
        phone,
        phone_original,
        loyalty_card_id,
        coupon_code,
        device_id,
        currency_code,
        total_amount_original,
        discount_amount_original,
        shipping_amount_original,
        tax_amount_original,
        is_test,
        updated_at
    from ranked
    where version_rank = 1
)

select * from latest
