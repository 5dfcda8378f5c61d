with customers as (
    select customer_id
    from {{ ref('int_identity__customers') }}
),

-- The brands that a customer is known to, by whatever record, session or message.
brands_known as (
    select customer_id, brand_id
    from {{ ref('int_engagement__activity_scores') }}
),

order_customers as (
    select brand_id, order_id, customer_id, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

life_days as (
    select customer_id, brand_id, last_activity_at, last_visit_at
    from {{ ref('int_lifecycle__life_days') }}
),

carts as (
    select brand_id, customer_id
    from {{ ref('int_lifecycle__carts') }}
    where cart_status = 'open' and customer_id is not null
),

scopes as (
    select
        customer_id,
        'all' as scope
    from customers

    union all

    select
        customer_id,
        brand_id as scope
    from brands_known
),

orders_scoped as (
    select customer_id, 'all' as scope, brand_id, order_id, ordered_at
    from order_customers

    union all

    select customer_id, brand_id as scope, brand_id, order_id, ordered_at
    from order_customers
),

orders_ranked as (
    select
        customer_id,
        scope,
        ordered_at,
        row_number() over (
            partition by customer_id, scope
            order by ordered_at desc, brand_id, order_id
        ) as recency_rank
    from orders_scoped
),

orders_summed as (
    select
        customer_id,
        scope,
        count(*) as order_count,
        min(ordered_at) as first_order_at,
        max(ordered_at) as last_order_at,
        max(case when recency_rank = 2 then ordered_at end) as previous_order_at
    from orders_ranked
    group by customer_id, scope
),

life_by_brand as (
    select
        customer_id,
        brand_id,
        max(last_activity_at) as last_activity_at,
        max(last_visit_at) as last_visit_at
    from life_days
    group by customer_id, brand_id
),

life_summed as (
    select customer_id, brand_id as scope, last_activity_at, last_visit_at
    from life_by_brand

    union all

    select
        customer_id,
        'all' as scope,
        max(last_activity_at) as last_activity_at,
        max(last_visit_at) as last_visit_at
    from life_by_brand
    group by customer_id
),

carts_summed as (
    select customer_id, brand_id as scope
    from carts
    group by customer_id, brand_id

    union all

    select customer_id, 'all' as scope
    from carts
    group by customer_id
),

measured as (
    select
        scopes.customer_id,
        scopes.scope,
        cast(coalesce(orders_summed.order_count, 0) as bigint) as order_count,
        orders_summed.first_order_at,
        orders_summed.last_order_at,
        orders_summed.previous_order_at,
        life_summed.last_visit_at,
        life_summed.last_activity_at,
        carts_summed.scope is not null as has_open_cart
    from scopes
    left join orders_summed
        on
            scopes.customer_id = orders_summed.customer_id
            and scopes.scope = orders_summed.scope
    left join life_summed
        on
            scopes.customer_id = life_summed.customer_id
            and scopes.scope = life_summed.scope
    left join carts_summed
        on
            scopes.customer_id = carts_summed.customer_id
            and scopes.scope = carts_summed.scope
)

select * from measured
