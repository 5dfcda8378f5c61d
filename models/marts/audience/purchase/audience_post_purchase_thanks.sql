with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
    where is_restricted
),

order_customers as (
    select brand_id, order_id, customer_id, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

orders as (
    select brand_id, order_id, status, sales_channel
    from {{ ref('int_transaction__orders') }}
),

refunds as (
    select distinct brand_id, order_id
    from {{ ref('int_transaction__refunds') }}
    where is_counted
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

orders_ranked as (
    select
        brand_id,
        order_id,
        customer_id,
        ordered_at,
        row_number() over (
            partition by customer_id, brand_id
            order by ordered_at desc, order_id
        ) as recency_rank
    from order_customers
    where customer_id is not null
),

buyers as (
    select
        orders_ranked.customer_id,
        orders_ranked.brand_id,
        orders_ranked.order_id,
        orders.sales_channel,
        orders_ranked.ordered_at as entered_at
    from orders_ranked
    cross join as_of
    inner join orders
        on
            orders_ranked.brand_id = orders.brand_id
            and orders_ranked.order_id = orders.order_id
    left join refunds
        on
            orders_ranked.brand_id = refunds.brand_id
            and orders_ranked.order_id = refunds.order_id
    where
        orders_ranked.recency_rank = 1
        and orders.status <> 'returned'
        and refunds.order_id is null
        and {{ is_within_days(
            'orders_ranked.ordered_at', 'as_of.as_of_at', var('post_purchase_thanks_days')
        ) }}
),

permitted as (
    select buyers.*
    from buyers
    left join profiling_stops
        on
            buyers.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = buyers.brand_id
    where profiling_stops.customer_id is null
)

select * from permitted
