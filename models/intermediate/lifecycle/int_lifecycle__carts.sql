with cart_steps as (
    select
        cart_id,
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        occurred_at
    from {{ ref('int_lifecycle__cart_steps') }}
),

cart_products as (
    select cart_id, quantity, cart_product_amount
    from {{ ref('int_lifecycle__cart_products') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

carts_summed as (
    select
        cart_id,
        min(brand_id) as brand_id,
        min(owner_key) as owner_key,
        min(customer_id) as customer_id,
        count(case when step_kind = 'add_to_cart' then 1 end) as added_count,
        count(case when step_kind = 'add_to_cart' and product_id is null then 1 end)
            as unnamed_added_count,
        count(case when step_kind = 'checkout_started' then 1 end) as checkout_count,
        min(occurred_at) as opened_at,
        max(case when not is_closing then occurred_at end) as last_step_at,
        min(case when is_closing then occurred_at end) as first_closing_at
    from cart_steps
    group by cart_id
),

products_summed as (
    select
        cart_id,
        count(*) as product_count,
        sum(quantity) as quantity,
        sum(cart_product_amount) as cart_amount
    from cart_products
    group by cart_id
),

-- Taking things out alone makes no cart.
carts_filled as (
    select
        carts_summed.cart_id,
        carts_summed.brand_id,
        carts_summed.owner_key,
        carts_summed.customer_id,
        carts_summed.checkout_count,
        carts_summed.added_count,
        carts_summed.unnamed_added_count,
        coalesce(products_summed.product_count, 0) as product_count,
        coalesce(products_summed.quantity, 0) as quantity,
        products_summed.cart_amount,
        carts_summed.opened_at,
        carts_summed.last_step_at,
        {{ epoch_microseconds('carts_summed.last_step_at') }}
        + {{ var('cart_abandon_hours') | int * 3600000000 }} as expires_microseconds,
        carts_summed.first_closing_at
    from carts_summed
    left join products_summed
        on carts_summed.cart_id = products_summed.cart_id
    where carts_summed.added_count + carts_summed.checkout_count > 0
),

-- An order after the cart was given up is another cart's, or none's.
carts_ended as (
    select
        carts_filled.cart_id,
        carts_filled.brand_id,
        carts_filled.owner_key,
        carts_filled.customer_id,
        carts_filled.checkout_count,
        carts_filled.product_count,
        carts_filled.quantity,
        carts_filled.cart_amount,
        case
            when
                {{ epoch_microseconds('carts_filled.first_closing_at') }}
                < carts_filled.expires_microseconds
                then 'ordered'
            when
                carts_filled.added_count > 0
                and carts_filled.product_count + carts_filled.unnamed_added_count = 0
                then 'emptied'
            when
                carts_filled.expires_microseconds
                <= {{ epoch_microseconds('as_of.as_of_at') }}
                then 'abandoned'
            else 'open'
        end as cart_status,
        carts_filled.opened_at,
        carts_filled.last_step_at,
        {{ add_hours('carts_filled.last_step_at', var('cart_abandon_hours') | int) }}
            as expires_at,
        case
            when
                {{ epoch_microseconds('carts_filled.first_closing_at') }}
                < carts_filled.expires_microseconds
                then carts_filled.first_closing_at
        end as ordered_at
    from carts_filled
    cross join as_of
),

carts_bounded as (
    select
        cart_id,
        brand_id,
        owner_key,
        customer_id,
        checkout_count,
        product_count,
        quantity,
        cast(cart_amount as decimal(18, 2)) as cart_amount,
        cart_status,
        opened_at,
        last_step_at,
        ordered_at,
        case cart_status
            when 'ordered' then ordered_at
            when 'emptied' then last_step_at
            else expires_at
        end as open_until_at
    from carts_ended
)

select * from carts_bounded
