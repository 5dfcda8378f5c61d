-- What customers do to carts, cut into carts.
-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key(), asks_as_of='passed') }}

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
    where customer_id is not null
),

order_customers as (
    select brand_id, order_id, customer_id, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

owners as (
    select distinct brand_id, customer_id
    from cart_events
    where is_closing = 0
),

-- An order of the customer's in any channel ends the cart: to remind somebody of what they have
-- just carried out of a shop does harm.
orders_owned as (
    select
        order_customers.brand_id,
        'k:' || order_customers.customer_id as owner_key,
        order_customers.customer_id,
        order_customers.order_id as step_id,
        'order' as step_kind,
        1 as is_closing,
        cast(null as {{ type_string() }}) as product_id,
        cast(null as decimal(18, 2)) as event_value,
        order_customers.ordered_at as occurred_at
    from order_customers
    inner join owners
        on
            order_customers.brand_id = owners.brand_id
            and order_customers.customer_id = owners.customer_id
),

steps_united as (
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
    from cart_events

    union all

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
    from orders_owned
),

{{ carts_cut('steps_united') }}

select * from steps_bound
