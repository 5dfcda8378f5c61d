-- Points are money owed: those on the cards of a programme must be those that its events moved, and
-- a balance below zero must be somebody's to look at.
with loyalty_cards as (
    select program_id, loyalty_card_id, points_balance
    from {{ ref('loyalty_cards') }}
),

loyalty_conflicts as (
    select program_id, loyalty_card_id
    from {{ ref('loyalty_conflicts') }}
    where conflict_kind = 'negative_balance'
),

loyalty_events as (
    select event_type, points, occurred_at
    from {{ ref('stg_loyalty__loyalty_events') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

events_summed as (
    select
        coalesce(
            sum({{ points_movement('loyalty_events.event_type', 'loyalty_events.points') }}), 0
        ) as points_moved
    from loyalty_events
    cross join as_of
    where loyalty_events.occurred_at <= as_of.as_of_at
),

cards_summed as (
    select
        coalesce(sum(loyalty_cards.points_balance), 0) as points_on_cards,
        count(
            case
                when loyalty_cards.points_balance < 0 and loyalty_conflicts.program_id is null
                    then 1
            end
        ) as unexplained_count
    from loyalty_cards
    left join loyalty_conflicts
        on
            loyalty_cards.program_id = loyalty_conflicts.program_id
            and loyalty_cards.loyalty_card_id = loyalty_conflicts.loyalty_card_id
)

select
    cards_summed.points_on_cards,
    events_summed.points_moved,
    cards_summed.unexplained_count
from cards_summed
cross join events_summed
where
    cards_summed.points_on_cards <> events_summed.points_moved
    or cards_summed.unexplained_count > 0
