-- Do vouchers bring people back, and how soon?
--   dbt show --limit 100 --select do_vouchers_bring_people_back
-- How to read it: one row per brand and tier of the card. used_share is of the vouchers issued at
-- least 30 days ago, used or not: young ones had no chance yet and would press it down;
-- median_days_to_use says how long to wait before a reminder, and order_amount what the orders
-- brought on which they were used.
with loyalty_vouchers as (
    select
        program_id,
        brand_id,
        loyalty_card_id,
        is_used,
        days_to_use,
        order_amount
    from {{ ref('loyalty_vouchers') }}
    where issued_at <= {{ add_days('cast(as_of_date as timestamp)', -30) }}
),

loyalty_cards as (
    select program_id, loyalty_card_id, loyalty_tier
    from {{ ref('loyalty_cards') }}
),

vouchers_summed as (
    select
        loyalty_vouchers.brand_id,
        loyalty_cards.loyalty_tier,
        count(*) as voucher_count,
        round(avg(case when loyalty_vouchers.is_used then 1.0 else 0 end), 4) as used_share,
        median(loyalty_vouchers.days_to_use) as median_days_to_use,
        sum(loyalty_vouchers.order_amount) as order_amount
    from loyalty_vouchers
    left join loyalty_cards
        on
            loyalty_vouchers.program_id = loyalty_cards.program_id
            and loyalty_vouchers.loyalty_card_id = loyalty_cards.loyalty_card_id
    group by loyalty_vouchers.brand_id, loyalty_cards.loyalty_tier
)

select *
from vouchers_summed
order by brand_id, used_share desc, loyalty_tier
