-- Who waits for the sale, and what do they keep?
--   dbt show --limit 50 --select who_waits_for_the_sale
-- How to read it: one row per habit of buying with a discount, among customers with two orders or
-- more. Compare order_amount (net, an order) and return_rate: if those who always wait neither
-- spend more nor keep more, the discount buys nothing but the moment. premium_spend_share says
-- whether they buy dear things cheaper or cheap things.
with customer_360 as (
    select
        customer_id,
        order_count,
        net_amount,
        discounted_order_share,
        return_rate,
        premium_spend_share
    from {{ ref('customer_360') }}
    where order_count >= 2
),

habits_told as (
    select
        case
            when discounted_order_share = 0 then '1 never'
            when discounted_order_share < 0.5 then '2 now and then'
            when discounted_order_share < 1 then '3 mostly'
            else '4 always'
        end as buys_with_a_discount,
        order_count,
        net_amount,
        return_rate,
        premium_spend_share
    from customer_360
),

habits as (
    select
        buys_with_a_discount,
        count(*) as customer_count,
        {{ decimal_quotient('sum(net_amount)', 'sum(order_count)', 2) }} as order_amount,
        {{ decimal_quotient('sum(return_rate * order_count)', 'sum(order_count)', 4) }}
            as return_rate,
        {{ decimal_quotient('sum(premium_spend_share)', 'count(premium_spend_share)', 4) }}
            as premium_spend_share
    from habits_told
    group by buys_with_a_discount
    order by buys_with_a_discount
)

select * from habits
