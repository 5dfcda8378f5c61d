with

base_transaction__orders as (
    select * from {{ ref('base_transaction__orders') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        order_id as record_id,
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
    from base_transaction__orders
    where
        reject_reason_code is null
        and version_rank = 1
        and {{ is_retained('orders', 'ordered_at') }}
)

select * from latest_versions
