-- What a customer holds in the loyalty programmes. A card is one customer's and a voucher the
-- customer's it was issued to, as loyalty_cards and loyalty_vouchers show them: who shops with
-- somebody else's card earns that one's points. Each brand shows the programme it takes part in, so
-- where brands share a card both show it, and only the scope all may be added up.
with cards as (
    select program_id, loyalty_card_id, customer_id, loyalty_tier, points_balance, reward_count
    from {{ ref('int_loyalty__cards') }}
    where customer_id is not null
),

vouchers as (
    select program_id, customer_id, is_used
    from {{ ref('int_loyalty__vouchers') }}
    where customer_id is not null
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

programmes_seen as (
    select
        brands.brand_id as scope,
        case identifier_types.scope
            when 'controller' then brands.controller_id
            else brands.brand_id
        end as program_id
    from brands
    cross join identifier_types

    union all

    select distinct
        'all' as scope,
        case identifier_types.scope
            when 'controller' then brands.controller_id
            else brands.brand_id
        end as program_id
    from brands
    cross join identifier_types
),

cards_seen as (
    select
        cards.customer_id,
        programmes_seen.scope,
        cards.loyalty_tier,
        cards.points_balance,
        cards.reward_count,
        row_number() over (
            partition by cards.customer_id, programmes_seen.scope
            order by cards.points_balance desc, cards.program_id, cards.loyalty_card_id
        ) as points_rank
    from cards
    inner join programmes_seen
        on cards.program_id = programmes_seen.program_id
),

-- Tiers of different programmes do not compare: the one shown is where most points lie.
cards_summed as (
    select
        customer_id,
        scope,
        count(*) as loyalty_card_count,
        sum(points_balance) as points_balance,
        sum(reward_count) as reward_count,
        {{ first_by('loyalty_tier', 'points_rank') }} as loyalty_tier
    from cards_seen
    group by customer_id, scope
),

vouchers_summed as (
    select
        vouchers.customer_id,
        programmes_seen.scope,
        count(*) as voucher_issued_count,
        count(case when vouchers.is_used then 1 end) as voucher_redeemed_count
    from vouchers
    inner join programmes_seen
        on vouchers.program_id = programmes_seen.program_id
    group by vouchers.customer_id, programmes_seen.scope
),

holders as (
    select customer_id, scope
    from cards_summed

    union distinct

    select customer_id, scope
    from vouchers_summed
),

holdings_joined as (
    select
        holders.customer_id,
        holders.scope,
        cards_summed.loyalty_tier,
        cast(coalesce(cards_summed.loyalty_card_count, 0) as bigint) as loyalty_card_count,
        cast(coalesce(cards_summed.points_balance, 0) as decimal(18, 2)) as points_balance,
        cast(coalesce(cards_summed.reward_count, 0) as bigint) as reward_count,
        cast(coalesce(vouchers_summed.voucher_issued_count, 0) as bigint) as voucher_issued_count,
        cast(coalesce(vouchers_summed.voucher_redeemed_count, 0) as bigint)
            as voucher_redeemed_count
    from holders
    left join cards_summed
        on
            holders.customer_id = cards_summed.customer_id
            and holders.scope = cards_summed.scope
    left join vouchers_summed
        on
            holders.customer_id = vouchers_summed.customer_id
            and holders.scope = vouchers_summed.scope
)

select * from holdings_joined
