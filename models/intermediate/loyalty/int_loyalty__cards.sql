-- Points and vouchers are summed by card; a card has one holder, the customer of its latest event.
with loyalty_events as (
    select
        brand_id,
        event_id,
        loyalty_card_id,
        event_type,
        tier,
        occurred_at
    from {{ ref('stg_loyalty__loyalty_events') }}
),

point_movements as (
    select
        program_id,
        event_id,
        loyalty_card_id,
        event_type,
        points,
        points_balance,
        occurred_at
    from {{ ref('int_loyalty__point_movements') }}
),

vouchers as (
    select program_id, loyalty_card_id, brand_id, voucher_code, is_used, days_to_use
    from {{ ref('int_loyalty__vouchers') }}
),

record_customers as (
    select brand_id, record_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where feed = 'loyalty_events' and customer_id is not null
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
        loyalty_events.tier,
        loyalty_events.occurred_at
    from loyalty_events
    cross join identifier_types
    inner join brands
        on loyalty_events.brand_id = brands.brand_id
),

events_ranked as (
    select
        events_in_programmes.program_id,
        events_in_programmes.brand_id,
        events_in_programmes.loyalty_card_id,
        events_in_programmes.event_type,
        events_in_programmes.tier,
        record_customers.customer_id,
        events_in_programmes.occurred_at,
        row_number() over (
            partition by events_in_programmes.program_id, events_in_programmes.loyalty_card_id
            order by
                events_in_programmes.occurred_at desc,
                events_in_programmes.brand_id,
                events_in_programmes.event_id
        ) as recency_rank
    from events_in_programmes
    cross join as_of
    left join record_customers
        on
            events_in_programmes.brand_id = record_customers.brand_id
            and events_in_programmes.event_id = record_customers.record_id
    where events_in_programmes.occurred_at <= as_of.as_of_at
),

cards_summed as (
    select
        program_id,
        loyalty_card_id,
        min(brand_id) as brand_id,
        count(distinct brand_id) as brand_count,
        {{ first_by('customer_id', 'recency_rank') }} as customer_id,
        count(distinct customer_id) as customer_count,
        {{ first_by('tier', 'recency_rank') }} as loyalty_tier,
        max(case when tier is not null then occurred_at end) as tier_at,
        min(case when event_type = 'enrolled' then occurred_at end) as enrolled_at,
        count(case when event_type = 'reward_claimed' then 1 end) as reward_claimed_count,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at,
        max(
            case
                when event_type in ('points_redeemed', 'voucher_redeemed', 'reward_claimed')
                    then occurred_at
            end
        ) as last_reward_at
    from events_ranked
    group by program_id, loyalty_card_id
),

points_summed as (
    select
        program_id,
        loyalty_card_id,
        sum(case when event_type = 'points_earned' then points else 0 end) as points_earned,
        sum(case when event_type = 'points_redeemed' then -points else 0 end) as points_redeemed,
        sum(case when event_type = 'points_expired' then -points else 0 end) as points_expired,
        sum(points) as points_balance,
        min(points_balance) as points_lowest,
        count(case when event_type = 'points_redeemed' then 1 end) as redemption_count
    from point_movements
    group by program_id, loyalty_card_id
),

vouchers_ranked as (
    select
        program_id,
        loyalty_card_id,
        is_used,
        days_to_use,
        row_number() over (
            partition by program_id, loyalty_card_id, is_used
            order by days_to_use, brand_id, voucher_code
        ) as use_rank,
        sum(case when is_used then 1 else 0 end) over (
            partition by program_id, loyalty_card_id
        ) as used_count
    from vouchers
),

vouchers_summed as (
    select
        program_id,
        loyalty_card_id,
        count(*) as voucher_issued_count,
        count(case when is_used then 1 end) as voucher_used_count,
        min(case when is_used and use_rank >= floor((used_count + 1) / 2) then days_to_use end)
        + max(case when is_used and use_rank <= floor((used_count + 2) / 2) then days_to_use end)
            as doubled_days_to_use
    from vouchers_ranked
    group by program_id, loyalty_card_id
),

cards_measured as (
    select
        cards_summed.program_id,
        case when cards_summed.brand_count = 1 then cards_summed.brand_id end as brand_id,
        cards_summed.loyalty_card_id,
        cards_summed.customer_id,
        cards_summed.loyalty_tier,
        cast(coalesce(points_summed.points_earned, 0) as decimal(18, 2)) as points_earned,
        cast(coalesce(points_summed.points_redeemed, 0) as decimal(18, 2)) as points_redeemed,
        cast(coalesce(points_summed.points_expired, 0) as decimal(18, 2)) as points_expired,
        cast(coalesce(points_summed.points_balance, 0) as decimal(18, 2)) as points_balance,
        cast(coalesce(points_summed.redemption_count, 0) as bigint) as redemption_count,
        cast(coalesce(vouchers_summed.voucher_issued_count, 0) as bigint) as voucher_issued_count,
        cast(coalesce(vouchers_summed.voucher_used_count, 0) as bigint) as voucher_used_count,
        {{ decimal_quotient('vouchers_summed.doubled_days_to_use', '2', 1) }}
            as median_days_to_use,
        cast(cards_summed.reward_claimed_count as bigint) as reward_claimed_count,
        cast(
            coalesce(points_summed.redemption_count, 0)
            + coalesce(vouchers_summed.voucher_used_count, 0)
            + cards_summed.reward_claimed_count as bigint
        ) as reward_count,
        (
            coalesce(points_summed.redemption_count, 0)
            + coalesce(vouchers_summed.voucher_used_count, 0)
            + cards_summed.reward_claimed_count > 0
        ) as has_used_rewards,
        cards_summed.customer_count > 1 as is_shared,
        coalesce(points_summed.points_lowest, 0) < 0 as has_points_conflict,
        cards_summed.enrolled_at,
        cards_summed.tier_at,
        cards_summed.first_event_at,
        cards_summed.last_event_at,
        cards_summed.last_reward_at
    from cards_summed
    left join points_summed
        on
            cards_summed.program_id = points_summed.program_id
            and cards_summed.loyalty_card_id = points_summed.loyalty_card_id
    left join vouchers_summed
        on
            cards_summed.program_id = vouchers_summed.program_id
            and cards_summed.loyalty_card_id = vouchers_summed.loyalty_card_id
)

select * from cards_measured
