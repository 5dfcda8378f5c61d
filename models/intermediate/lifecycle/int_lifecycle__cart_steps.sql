-- A view, since it only puts together what is kept in two places.
{{ config(materialized='view') }}

with customer_cart_steps as (
    select
        cart_id,
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        event_value,
        occurred_at
    from {{ ref('int_lifecycle__customer_cart_steps') }}
),

visitor_cart_steps as (
    select
        cart_id,
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        event_value,
        occurred_at
    from {{ ref('int_lifecycle__visitor_cart_steps') }}
),

steps_united as (
    select
        cart_id,
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        event_value,
        occurred_at
    from customer_cart_steps

    union all

    select
        cart_id,
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        event_value,
        occurred_at
    from visitor_cart_steps
)

select * from steps_united
