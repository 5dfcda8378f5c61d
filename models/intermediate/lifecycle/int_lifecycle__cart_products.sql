with cart_steps as (
    select cart_id, brand_id, step_kind, product_id, event_value, occurred_at
    from {{ ref('int_lifecycle__cart_steps') }}
    where step_kind in ('add_to_cart', 'remove_from_cart') and product_id is not null
),

-- The contract has no number on the event: each addition puts one piece in, each removal takes one.
products_counted as (
    select
        cart_id,
        product_id,
        min(brand_id) as brand_id,
        count(case when step_kind = 'add_to_cart' then 1 end) as added_count,
        count(case when step_kind = 'remove_from_cart' then 1 end) as removed_count,
        max(case when step_kind = 'add_to_cart' then event_value end) as event_value,
        min(case when step_kind = 'add_to_cart' then occurred_at end) as first_added_at,
        max(case when step_kind = 'add_to_cart' then occurred_at end) as last_added_at
    from cart_steps
    group by cart_id, product_id
),

products_left as (
    select
        cart_id,
        product_id,
        brand_id,
        cast(added_count - removed_count as integer) as quantity,
        event_value,
        first_added_at,
        last_added_at
    from products_counted
    where added_count > removed_count
)

select * from products_left
