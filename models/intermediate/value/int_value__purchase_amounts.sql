-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}

-- Orders of one day are one purchase: a second order a minute later is no second decision to buy.
with orders as (
    select brand_id, order_id, total_amount, cast(ordered_at as date) as order_date
    from {{ ref('int_transaction__orders') }}
    where is_counted
),

refunds as (
    select brand_id, order_id, refund_amount, cast(returned_at as date) as refund_date
    from {{ ref('int_transaction__refunds') }}
    where is_counted
),

record_customers as (
    select brand_id, record_id as order_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where feed = 'orders' and customer_id is not null
),

profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
),

orders_bound as (
    select
        record_customers.customer_id,
        orders.brand_id,
        orders.order_id,
        orders.order_date,
        orders.total_amount
    from orders
    inner join record_customers
        on
            orders.brand_id = record_customers.brand_id
            and orders.order_id = record_customers.order_id
),

-- Money by the day that it belongs to and the day from which it is known: a refund belongs to the
-- day of its order, and is unknown before it is paid.
amounts_dated as (
    select
        customer_id,
        brand_id,
        order_date as purchase_date,
        order_date as known_date,
        total_amount as amount
    from orders_bound

    union all

    select
        orders_bound.customer_id,
        orders_bound.brand_id,
        orders_bound.order_date as purchase_date,
        case
            when refunds.refund_date > orders_bound.order_date then refunds.refund_date
            else orders_bound.order_date
        end as known_date,
        -refunds.refund_amount as amount
    from orders_bound
    inner join refunds
        on
            orders_bound.brand_id = refunds.brand_id
            and orders_bound.order_id = refunds.order_id
),

days_summed as (
    select
        customer_id,
        brand_id,
        purchase_date,
        known_date,
        sum(amount) as amount
    from amounts_dated
    group by customer_id, brand_id, purchase_date, known_date
),

scopes_united as (
    select
        customer_id,
        brand_id as scope,
        purchase_date,
        known_date,
        amount
    from days_summed

    union all

    select
        customer_id,
        'all' as scope,
        purchase_date,
        known_date,
        sum(amount) as amount
    from days_summed
    group by customer_id, purchase_date, known_date
),

scopes_permitted as (
    select
        scopes_united.customer_id,
        scopes_united.scope,
        scopes_united.purchase_date,
        scopes_united.known_date,
        scopes_united.amount
    from scopes_united
    left join profiling_stops
        on
            scopes_united.customer_id = profiling_stops.customer_id
            and scopes_united.scope = profiling_stops.scope
    where profiling_stops.customer_id is null
)

select * from scopes_permitted
