-- What does each channel bring, and does the answer hang on the rule?
--   dbt show --limit 50 --select what_does_each_channel_bring
-- How to read it: one row per channel with the revenue that each rule credits it with; each column
-- adds up to all revenue. A channel whose figures agree may be judged by any of them. One that
-- first touch likes more than last touch opens doors and closes no sale, and the other way round.
-- unknown is what nobody was seen before, mostly the shops: it is the limit of what attribution
-- can say.
with attribution as (
    select
        channel_group,
        brand_id,
        order_id,
        first_touch_amount,
        last_touch_amount,
        linear_amount,
        position_based_amount,
        time_decay_amount
    from {{ ref('attribution') }}
),

channels as (
    select
        channel_group,
        count(distinct concat(brand_id, '|', order_id)) as touched_order_count,
        sum(first_touch_amount) as first_touch_amount,
        sum(last_touch_amount) as last_touch_amount,
        sum(linear_amount) as linear_amount,
        sum(position_based_amount) as position_based_amount,
        sum(time_decay_amount) as time_decay_amount
    from attribution
    group by channel_group
    order by sum(linear_amount) desc, channel_group
)

select * from channels
