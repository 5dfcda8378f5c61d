with cards as (
    select
        program_id,
        brand_id,
        loyalty_card_id,
        customer_id,
        loyalty_tier,
        points_earned,
        points_redeemed,
        points_expired,
        points_balance,
        redemption_count,
        voucher_issued_count,
        voucher_used_count,
        median_days_to_use,
        reward_claimed_count,
        reward_count,
        has_used_rewards,
        is_shared,
        has_points_conflict,
        enrolled_at,
        tier_at,
        first_event_at,
        last_event_at,
        last_reward_at
    from {{ ref('int_loyalty__cards') }}
),

as_of as (
    select as_of_date
    from {{ ref('int_operations__as_of') }}
),

cards_dated as (
    select
        cards.program_id,
        cards.brand_id,
        cards.loyalty_card_id,
        cards.customer_id,
        as_of.as_of_date,
        cards.loyalty_tier,
        cards.points_earned,
        cards.points_redeemed,
        cards.points_expired,
        cards.points_balance,
        cards.redemption_count,
        cards.voucher_issued_count,
        cards.voucher_used_count,
        cards.median_days_to_use,
        cards.reward_claimed_count,
        cards.reward_count,
        cards.has_used_rewards,
        cards.is_shared,
        cards.has_points_conflict,
        cards.enrolled_at,
        cards.tier_at,
        cards.first_event_at,
        cards.last_event_at,
        cards.last_reward_at
    from cards
    cross join as_of
)

select * from cards_dated
