with order_customers as (
    select brand_id, customer_id, net_amount, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

as_of as (
    select as_of_at, as_of_date
    from {{ ref('int_operations__as_of') }}
),

profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
),

orders_in_window as (
    select
        order_customers.brand_id,
        order_customers.customer_id,
        order_customers.net_amount,
        order_customers.ordered_at
    from order_customers
    cross join as_of
    where
        {{ var('rfm_window_days') | int }} = 0
        or {{ epoch_microseconds('as_of.as_of_at') }}
        - {{ epoch_microseconds('order_customers.ordered_at') }}
        <= {{ var('rfm_window_days') | int * 86400000000 }}
),

brands_summed as (
    select
        customer_id,
        brand_id,
        count(*) as frequency,
        sum(net_amount) as monetary_amount,
        max(ordered_at) as last_order_at
    from orders_in_window
    group by customer_id, brand_id
),

scopes_summed as (
    select
        customer_id,
        brand_id as scope,
        frequency,
        monetary_amount,
        last_order_at
    from brands_summed

    union all

    select
        customer_id,
        'all' as scope,
        sum(frequency) as frequency,
        sum(monetary_amount) as monetary_amount,
        max(last_order_at) as last_order_at
    from brands_summed
    group by customer_id
),

customers_measured as (
    select
        scopes_summed.customer_id,
        scopes_summed.scope,
        as_of.as_of_date,
        scopes_summed.last_order_at,
        cast(
            floor(
                (
                    {{ epoch_microseconds('as_of.as_of_at') }}
                    - {{ epoch_microseconds('scopes_summed.last_order_at') }}
                ) / 8.64e10
            ) as integer
        ) as recency_days,
        cast(scopes_summed.frequency as integer) as frequency,
        cast(scopes_summed.monetary_amount as decimal(18, 2)) as monetary_amount
    from scopes_summed
    cross join as_of
    left join profiling_stops
        on
            scopes_summed.customer_id = profiling_stops.customer_id
            and scopes_summed.scope = profiling_stops.scope
    where profiling_stops.customer_id is null
)

select * from customers_measured
