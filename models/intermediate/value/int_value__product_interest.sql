-- A view, since one model reads it: a table would be written to be read once.
{{ config(materialized='view') }}

with session_events as (
    select session_id, brand_id, event_type, product_id, category, occurred_at
    from {{ ref('int_engagement__session_events') }}
),

session_customers as (
    select session_id, brand_id, customer_id
    from {{ ref('int_identity__session_customers') }}
    where customer_id is not null
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

-- Where an event names a product, the catalogue knows its category best.
customers_summed as (
    select
        session_customers.customer_id,
        session_events.brand_id,
        session_events.product_id,
        session_events.category,
        count(*) as look_count
    from session_events
    cross join as_of
    inner join session_customers
        on
            session_events.brand_id = session_customers.brand_id
            and session_events.session_id = session_customers.session_id
    where
        session_events.event_type
        in ('product_view', 'category_view', 'add_to_cart', 'wishlist_add')
        and (session_events.product_id is not null or session_events.category is not null)
        and session_events.occurred_at <= as_of.as_of_at
    group by
        session_customers.customer_id,
        session_events.brand_id,
        session_events.product_id,
        session_events.category
)

select * from customers_summed
