with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
    where is_restricted
),

carts as (
    select
        cart_id,
        brand_id,
        customer_id,
        cart_status,
        product_count,
        cart_amount,
        opened_at,
        abandoned_at
    from {{ ref('carts') }}
    where customer_id is not null
),

cart_products as (
    select cart_id, product_id, quantity, cart_product_amount
    from {{ ref('int_lifecycle__cart_products') }}
),

order_customers as (
    select brand_id, customer_id, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

last_orders as (
    select
        customer_id,
        brand_id,
        max(ordered_at) as last_order_at
    from order_customers
    group by customer_id, brand_id
),

-- Only the last cart speaks: whoever began another, or emptied it, has left the one before behind.
carts_ranked as (
    select
        cart_id,
        brand_id,
        customer_id,
        cart_status,
        product_count,
        cart_amount,
        opened_at,
        abandoned_at,
        row_number() over (
            partition by customer_id, brand_id
            order by opened_at desc, cart_id
        ) as recency_rank
    from carts
),

products_ranked as (
    select
        cart_id,
        product_id,
        row_number() over (
            partition by cart_id
            order by coalesce(cart_product_amount, 0) desc, quantity desc, product_id
        ) as product_rank
    from cart_products
),

carts_left_behind as (
    select
        carts_ranked.customer_id,
        carts_ranked.brand_id,
        carts_ranked.cart_id,
        products_ranked.product_id,
        carts_ranked.product_count,
        carts_ranked.cart_amount,
        carts_ranked.abandoned_at as entered_at
    from carts_ranked
    cross join as_of
    left join products_ranked
        on
            carts_ranked.cart_id = products_ranked.cart_id
            and products_ranked.product_rank = 1
    left join last_orders
        on
            carts_ranked.customer_id = last_orders.customer_id
            and carts_ranked.brand_id = last_orders.brand_id
    where
        carts_ranked.recency_rank = 1
        and carts_ranked.cart_status = 'abandoned'
        and coalesce(last_orders.last_order_at < carts_ranked.opened_at, true)
        and {{ is_within_days(
            'carts_ranked.abandoned_at', 'as_of.as_of_at', var('abandoned_cart_days')
        ) }}
),

permitted as (
    select carts_left_behind.*
    from carts_left_behind
    left join profiling_stops
        on
            carts_left_behind.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = carts_left_behind.brand_id
    where profiling_stops.customer_id is null
)

select * from permitted
