{#
    The CTEs that cut steps into carts, from steps_preceded to steps_bound: for the carts of customers and for those of
    visitors whom nobody knows, which are kept apart since only the former can be made by customer.

    steps: name of the CTE of steps, with brand_id, owner_key, customer_id, step_id, step_kind, is_closing (1 or 0),
    product_id, event_value and occurred_at. The last CTE, steps_bound, has the same with cart_id and with is_closing as a boolean.
#}
{% macro carts_cut(steps) %}
-- Of one moment, filling comes before buying.
steps_preceded as (
    select
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        event_value,
        occurred_at,
        lag(is_closing) over (
            partition by brand_id, owner_key
            order by occurred_at, is_closing, step_kind, step_id
        ) as previous_is_closing,
        lag(occurred_at) over (
            partition by brand_id, owner_key
            order by occurred_at, is_closing, step_kind, step_id
        ) as previous_at
    from {{ steps }}
),

starts_marked as (
    select
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        event_value,
        occurred_at,
        (
            is_closing = 0
            and (
                previous_at is null
                or previous_is_closing = 1
                or {{ epoch_microseconds('occurred_at') }}
                - {{ epoch_microseconds('previous_at') }}
                >= {{ var('cart_abandon_hours') | int * 3600000000 }}
            )
        ) as is_cart_start
    from steps_preceded
),

steps_numbered as (
    select
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        event_value,
        occurred_at,
        is_cart_start,
        sum(case when is_cart_start then 1 else 0 end) over (
            partition by brand_id, owner_key
            order by occurred_at, is_closing, step_kind, step_id
            rows between unbounded preceding and current row
        ) as cart_number
    from starts_marked
),

carts_named as (
    select
        brand_id,
        owner_key,
        cart_number,
        {{ hash_text("concat(brand_id, '|', step_id)") }} as cart_id
    from steps_numbered
    where is_cart_start
),

-- A purchase before any cart belongs to none and drops out here.
steps_bound as (
    select
        carts_named.cart_id,
        steps_numbered.brand_id,
        steps_numbered.owner_key,
        steps_numbered.customer_id,
        steps_numbered.step_id,
        steps_numbered.step_kind,
        steps_numbered.is_closing = 1 as is_closing,
        steps_numbered.product_id,
        steps_numbered.event_value,
        steps_numbered.occurred_at
    from steps_numbered
    inner join carts_named
        on
            steps_numbered.brand_id = carts_named.brand_id
            and steps_numbered.owner_key = carts_named.owner_key
            and steps_numbered.cart_number = carts_named.cart_number
)
{% endmacro %}
