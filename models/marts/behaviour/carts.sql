with carts as (
    select
        cart_id,
        brand_id,
        customer_id,
        checkout_count,
        product_count,
        quantity,
        cart_amount,
        cart_status,
        opened_at,
        last_step_at,
        ordered_at,
        open_until_at
    from {{ ref('int_lifecycle__carts') }}
),

order_customers as (
    select brand_id, order_id, customer_id, net_amount, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

-- An order at or after the end of an abandoned cart, within the attribution window, brought the
-- customer back; whether for the same goods the contract cannot say.
orders_following as (
    select
        carts.cart_id,
        order_customers.order_id,
        order_customers.net_amount,
        order_customers.ordered_at,
        row_number() over (
            partition by carts.cart_id
            order by order_customers.ordered_at, order_customers.order_id
        ) as order_rank
    from carts
    inner join order_customers
        on
            carts.brand_id = order_customers.brand_id
            and carts.customer_id = order_customers.customer_id
            and {{ epoch_microseconds('order_customers.ordered_at') }}
            - {{ epoch_microseconds('carts.open_until_at') }}
            between 0 and {{ var('attribution_window_days') | int * 86400000000 }}
    where carts.cart_status = 'abandoned'
),

recoveries as (
    select cart_id, order_id, net_amount, ordered_at
    from orders_following
    where order_rank = 1
),

carts_followed as (
    select
        carts.cart_id,
        carts.brand_id,
        carts.customer_id,
        recoveries.order_id as recovery_order_id,
        carts.cart_status,
        cast(carts.checkout_count as bigint) as checkout_count,
        cast(carts.product_count as bigint) as product_count,
        cast(carts.quantity as bigint) as quantity,
        carts.cart_amount,
        recoveries.net_amount as recovery_amount,
        carts.checkout_count > 0 as has_checkout,
        recoveries.cart_id is not null as is_recovered,
        carts.opened_at,
        carts.last_step_at,
        carts.ordered_at,
        case when carts.cart_status = 'abandoned' then carts.open_until_at end as abandoned_at,
        recoveries.ordered_at as recovered_at
    from carts
    left join recoveries
        on carts.cart_id = recoveries.cart_id
)

select * from carts_followed
