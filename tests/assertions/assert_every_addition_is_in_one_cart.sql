-- What lies in carts is offered again and counted as lost revenue: an addition that fell out, or
-- stood in two carts, would be offered to nobody or twice.
with events as (
    select brand_id, event_id, occurred_at
    from {{ ref('stg_engagement__events') }}
    where event_type in ('add_to_cart', 'checkout_started')
),

cart_steps as (
    select brand_id, step_id, cart_id
    from {{ ref('int_lifecycle__cart_steps') }}
    where step_kind in ('add_to_cart', 'checkout_started')
),

carts as (
    select cart_id
    from {{ ref('carts') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

events_found as (
    select
        events.brand_id,
        events.event_id,
        count(carts.cart_id) as cart_count
    from events
    cross join as_of
    left join cart_steps
        on
            events.brand_id = cart_steps.brand_id
            and events.event_id = cart_steps.step_id
    left join carts
        on cart_steps.cart_id = carts.cart_id
    where events.occurred_at <= as_of.as_of_at
    group by events.brand_id, events.event_id
)

select *
from events_found
where cart_count <> 1
