-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}

with orders as (
    select brand_id, order_id, total_amount, ordered_at
    from {{ ref('int_transaction__orders') }}
    where is_counted
),

refunds as (
    select brand_id, order_id, refund_amount
    from {{ ref('int_transaction__refunds') }}
    where is_counted
),

record_customers as (
    select brand_id, record_id as order_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where feed = 'orders' and customer_id is not null
),

refunds_summed as (
    select
        brand_id,
        order_id,
        sum(refund_amount) as refund_amount
    from refunds
    group by brand_id, order_id
),

orders_bound as (
    select
        orders.brand_id,
        orders.order_id,
        record_customers.customer_id,
        orders.total_amount,
        cast(coalesce(refunds_summed.refund_amount, 0) as decimal(18, 2)) as refund_amount,
        cast(
            orders.total_amount - coalesce(refunds_summed.refund_amount, 0) as decimal(18, 2)
        ) as net_amount,
        orders.ordered_at
    from orders
    inner join record_customers
        on
            orders.brand_id = record_customers.brand_id
            and orders.order_id = record_customers.order_id
    left join refunds_summed
        on
            orders.brand_id = refunds_summed.brand_id
            and orders.order_id = refunds_summed.order_id
)

select * from orders_bound
