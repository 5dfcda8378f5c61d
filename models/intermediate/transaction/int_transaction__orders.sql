with orders as (
    select
        brand_id,
        order_id,
        contact_id,
        loyalty_card_id,
        device_id,
        store_id,
        status,
        sales_channel,
        fulfilment_method,
        coupon_code,
        currency_code,
        total_amount_original,
        discount_amount_original,
        shipping_amount_original,
        is_test,
        ordered_at
    from {{ ref('stg_transaction__orders') }}
),

exchange_rates as (
    select currency_code, rate_date, rate
    from {{ ref('int_transaction__exchange_rates') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

orders_converted as (
    select
        orders.brand_id,
        orders.order_id,
        orders.contact_id,
        orders.loyalty_card_id,
        orders.device_id,
        orders.store_id,
        orders.status,
        orders.sales_channel,
        orders.fulfilment_method,
        orders.coupon_code,
        orders.currency_code,
        orders.total_amount_original,
        {{ converted_amount('orders.total_amount_original', 'exchange_rates.rate') }}
            as total_amount,
        {{ converted_amount('orders.discount_amount_original', 'exchange_rates.rate') }}
            as discount_amount,
        {{ converted_amount('orders.shipping_amount_original', 'exchange_rates.rate') }}
            as shipping_amount,
        coalesce(orders.is_test, false) as is_test,
        (
            orders.status <> 'cancelled'
            and not coalesce(orders.is_test, false)
            and orders.ordered_at <= as_of.as_of_at
        ) as is_counted,
        cast(orders.ordered_at as date) as order_date,
        orders.ordered_at
    from orders
    cross join as_of
    left join exchange_rates
        on
            orders.currency_code = exchange_rates.currency_code
            and cast(orders.ordered_at as date) = exchange_rates.rate_date
)

select * from orders_converted
