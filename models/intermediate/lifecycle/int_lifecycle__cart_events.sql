-- A view, since one model reads its customers and one its visitors.
{{ config(materialized='view') }}

-- What is done to carts on the web, and whose they are: the customer's where the visit has one, so
-- that the cart follows the person from the phone to the computer, else the visitor's.
with session_events as (
    select
        session_id,
        brand_id,
        event_id,
        visitor_key,
        event_type,
        product_id,
        event_value,
        occurred_at
    from {{ ref('int_engagement__session_events') }}
    where event_type in ('add_to_cart', 'remove_from_cart', 'checkout_started', 'purchase')
),

session_customers as (
    select session_id, customer_id
    from {{ ref('int_identity__session_customers') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

events_owned as (
    select
        session_events.brand_id,
        coalesce('k:' || session_customers.customer_id, session_events.visitor_key) as owner_key,
        session_customers.customer_id,
        session_events.event_id as step_id,
        session_events.event_type as step_kind,
        case when session_events.event_type = 'purchase' then 1 else 0 end as is_closing,
        session_events.product_id,
        session_events.event_value,
        session_events.occurred_at
    from session_events
    cross join as_of
    left join session_customers
        on session_events.session_id = session_customers.session_id
    where session_events.occurred_at <= as_of.as_of_at
)

select * from events_owned
