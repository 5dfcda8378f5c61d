{#
    Money and visits of each brand by UTC day, counted from the facts and not from the customers: an
    order whose buyer nobody can tell counts here all the same.
#}
with

orders as (
    select * from {{ ref('int_transaction__orders') }}
),

refunds as (
    select * from {{ ref('int_transaction__refunds') }}
),

sessions as (
    select * from {{ ref('int_engagement__sessions') }}
),

record_customers as (
    select * from {{ ref('int_identity__record_customers') }}
),

orders_counted as (
    select
        orders.brand_id,
        cast(orders.ordered_at as date) as kpi_date,
        count(*) as order_count,
        count(record_customers.customer_id) as known_customer_order_count,
        count(distinct record_customers.customer_id) as ordering_customer_count,
        sum(orders.total_amount) as gross_amount
    from orders
    left join record_customers
        on
            record_customers.feed = 'orders'
            and orders.brand_id = record_customers.brand_id
            and orders.order_id = record_customers.record_id
    where orders.is_counted
    group by orders.brand_id, cast(orders.ordered_at as date)
),

refunds_counted as (
    select
        brand_id,
        cast(returned_at as date) as kpi_date,
        count(*) as return_count,
        sum(refund_amount) as refund_amount
    from refunds
    where is_counted
    group by brand_id, cast(returned_at as date)
),

sessions_counted as (
    select
        brand_id,
        cast(started_at as date) as kpi_date,
        count(*) as session_count,
        count(case when purchase_count > 0 then 1 end) as purchase_session_count,
        count(case when is_cart_abandoned then 1 end) as abandoned_cart_count
    from sessions
    group by brand_id, cast(started_at as date)
),

days as (
    select
        brand_id,
        kpi_date
    from orders_counted
    union
    select
        brand_id,
        kpi_date
    from refunds_counted
    union
    select
        brand_id,
        kpi_date
    from sessions_counted
),

joined as (
    select
        days.brand_id,
        days.kpi_date,
        cast(coalesce(orders_counted.order_count, 0) as bigint) as order_count,
        cast(coalesce(orders_counted.known_customer_order_count, 0) as bigint)
            as known_customer_order_count,
        cast(coalesce(orders_counted.ordering_customer_count, 0) as bigint)
            as ordering_customer_count,
        cast(coalesce(orders_counted.gross_amount, 0) as decimal(18, 2)) as gross_amount,
        cast(coalesce(refunds_counted.return_count, 0) as bigint) as return_count,
        cast(coalesce(refunds_counted.refund_amount, 0) as decimal(18, 2)) as refund_amount,
        cast(
            coalesce(orders_counted.gross_amount, 0) - coalesce(refunds_counted.refund_amount, 0)
            as decimal(18, 2)
        ) as net_amount,
        cast(coalesce(sessions_counted.session_count, 0) as bigint) as session_count,
        cast(coalesce(sessions_counted.purchase_session_count, 0) as bigint)
            as purchase_session_count,
        cast(coalesce(sessions_counted.abandoned_cart_count, 0) as bigint) as abandoned_cart_count
    from days
    left join orders_counted
        on
            days.brand_id = orders_counted.brand_id
            and days.kpi_date = orders_counted.kpi_date
    left join refunds_counted
        on
            days.brand_id = refunds_counted.brand_id
            and days.kpi_date = refunds_counted.kpi_date
    left join sessions_counted
        on
            days.brand_id = sessions_counted.brand_id
            and days.kpi_date = sessions_counted.kpi_date
)

select * from joined
