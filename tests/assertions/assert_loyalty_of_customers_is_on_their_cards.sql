-- A balance that a customer is shown must be the one that the till knows: points and vouchers
-- counted by whoever made each purchase go astray with every card that a household shares.
with customer_360 as (
    select
        customer_id,
        points_balance,
        loyalty_card_count,
        reward_count,
        voucher_issued_count,
        voucher_redeemed_count
    from {{ ref('customer_360') }}
),

loyalty_cards as (
    select customer_id, points_balance, reward_count
    from {{ ref('loyalty_cards') }}
    where customer_id is not null
),

loyalty_vouchers as (
    select customer_id, is_used
    from {{ ref('loyalty_vouchers') }}
    where customer_id is not null
),

holdings_united as (
    select
        customer_id,
        points_balance,
        loyalty_card_count as card_count,
        reward_count,
        voucher_issued_count as voucher_count,
        voucher_redeemed_count as used_count
    from customer_360

    union all

    select
        customer_id,
        -points_balance as points_balance,
        -1 as card_count,
        -reward_count as reward_count,
        0 as voucher_count,
        0 as used_count
    from loyalty_cards

    union all

    select
        customer_id,
        0 as points_balance,
        0 as card_count,
        0 as reward_count,
        -1 as voucher_count,
        case when is_used then -1 else 0 end as used_count
    from loyalty_vouchers
),

holdings_compared as (
    select
        customer_id,
        sum(points_balance) as points_balance,
        sum(card_count) as card_count,
        sum(reward_count) as reward_count,
        sum(voucher_count) as voucher_count,
        sum(used_count) as used_count
    from holdings_united
    group by customer_id
)

select *
from holdings_compared
where
    points_balance <> 0
    or card_count <> 0
    or reward_count <> 0
    or voucher_count <> 0
    or used_count <> 0
