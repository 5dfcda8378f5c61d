-- Points move on the card of a programme: the brand's own, or the controller's where
-- seeds/identifier_types.csv says that its brands share one card.
with loyalty_events as (
    select brand_id, event_id, loyalty_card_id, event_type, points, order_id, occurred_at
    from {{ ref('stg_loyalty__loyalty_events') }}
    where event_type in ('points_earned', 'points_redeemed', 'points_expired')
),

brands as (
    select brand_id, controller_id
    from {{ ref('brands') }}
),

identifier_types as (
    select scope
    from {{ ref('identifier_types') }}
    where identifier_type = 'loyalty_card_id'
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

events_in_programmes as (
    select
        case identifier_types.scope
            when 'controller' then brands.controller_id
            else loyalty_events.brand_id
        end as program_id,
        loyalty_events.brand_id,
        loyalty_events.event_id,
        loyalty_events.loyalty_card_id,
        loyalty_events.event_type,
        loyalty_events.order_id,
        cast(
            {{ points_movement('loyalty_events.event_type', 'loyalty_events.points') }}
            as decimal(18, 2)
        ) as points,
        loyalty_events.occurred_at
    from loyalty_events
    cross join as_of
    cross join identifier_types
    inner join brands
        on loyalty_events.brand_id = brands.brand_id
    where loyalty_events.occurred_at <= as_of.as_of_at
),

-- Of one moment, earning comes before spending: whoever pays with the points of this very purchase
-- has not overdrawn.
movements_summed as (
    select
        program_id,
        brand_id,
        event_id,
        loyalty_card_id,
        event_type,
        order_id,
        points,
        cast(
            sum(points) over (
                partition by program_id, loyalty_card_id
                order by occurred_at, points desc, brand_id, event_id
                rows between unbounded preceding and current row
            ) as decimal(18, 2)
        ) as points_balance,
        occurred_at
    from events_in_programmes
)

select * from movements_summed
