-- Revenue that no customer is credited with must be the revenue of orders that nobody can be told
-- for, or whose buyer nobody may profile, and nothing else: a join that doubles or loses an order
-- shows here to the cent. With a window on RFM the two sides speak of different orders, and nothing
-- is compared.
with rfm_scores as (
    select monetary_amount
    from {{ ref('rfm_scores') }}
    where scope = 'all' and {{ var('rfm_window_days') | int }} = 0
),

orders as (
    select brand_id, order_id, total_amount
    from {{ ref('int_transaction__orders') }}
    where is_counted and {{ var('rfm_window_days') | int }} = 0
),

refunds as (
    select brand_id, order_id, refund_amount
    from {{ ref('int_transaction__refunds') }}
    where is_counted and {{ var('rfm_window_days') | int }} = 0
),

profiling_stops as (
    select customer_id
    from {{ ref('int_privacy__profiling_stops') }}
    where scope = 'all'
),

order_customers as (
    select brand_id, record_id as order_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where feed = 'orders' and customer_id is not null
),

record_customers as (
    select order_customers.brand_id, order_customers.order_id
    from order_customers
    left join profiling_stops
        on order_customers.customer_id = profiling_stops.customer_id
    where profiling_stops.customer_id is null
),

orders_unattributed as (
    select
        orders.brand_id,
        orders.order_id,
        orders.total_amount
    from orders
    left join record_customers
        on
            orders.brand_id = record_customers.brand_id
            and orders.order_id = record_customers.order_id
    where record_customers.order_id is null
),

refunds_unattributed as (
    select refunds.refund_amount
    from refunds
    inner join orders_unattributed
        on
            refunds.brand_id = orders_unattributed.brand_id
            and refunds.order_id = orders_unattributed.order_id
),

totals as (
    select
        (select coalesce(sum(monetary_amount), 0) from rfm_scores) as scored_amount,
        (select coalesce(sum(total_amount), 0) from orders_unattributed)
        - (select coalesce(sum(refund_amount), 0) from refunds_unattributed)
            as unattributed_amount,
        (select coalesce(sum(total_amount), 0) from orders)
        - (select coalesce(sum(refund_amount), 0) from refunds) as counted_amount
)

select *
from totals
where scored_amount + unattributed_amount <> counted_amount
