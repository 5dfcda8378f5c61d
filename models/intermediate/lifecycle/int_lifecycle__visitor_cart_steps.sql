-- What visitors whom nobody knows do to carts, cut into carts.
with cart_events as (
    select
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        event_value,
        occurred_at
    from {{ ref('int_lifecycle__cart_events') }}
    where customer_id is null
),

{{ carts_cut('cart_events') }}

select * from steps_bound
