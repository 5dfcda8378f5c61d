-- Revenue by day that does not add up to the orders is money lost or counted twice.
with

by_day as (
    select
        brand_id,
        sum(order_count) as order_count,
        sum(gross_amount) as gross_amount,
        sum(refund_amount) as refund_amount
    from {{ ref('kpi_daily') }}
    group by brand_id
),

orders as (
    select
        brand_id,
        count(*) as order_count,
        sum(total_amount) as gross_amount
    from {{ ref('int_transaction__orders') }}
    where is_counted
    group by brand_id
),

refunds as (
    select
        brand_id,
        sum(refund_amount) as refund_amount
    from {{ ref('int_transaction__refunds') }}
    where is_counted
    group by brand_id
)

select orders.brand_id
from orders
left join by_day
    on orders.brand_id = by_day.brand_id
left join refunds
    on orders.brand_id = refunds.brand_id
where
    orders.order_count <> coalesce(by_day.order_count, 0)
    or orders.gross_amount <> coalesce(by_day.gross_amount, 0)
    or coalesce(refunds.refund_amount, 0) <> coalesce(by_day.refund_amount, 0)
