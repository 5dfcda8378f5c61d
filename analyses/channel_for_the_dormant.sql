-- Which channel still reaches customers who have gone quiet?
--   dbt show --limit 100 --select channel_for_the_dormant
-- How to read it: one row per channel. Of the customers in stage inactive, dormant_count is how
-- many were ever written to there and allowed_count how many may be now, on that channel, by at
-- least one brand; response_rate is what they did when they still answered, shrunk, so it is a
-- hope and no promise. Write to the channel where allowed_count times response_rate is greatest,
-- and to no one outside it.
with lifecycle_stages as (
    select customer_id
    from {{ ref('lifecycle_stages') }}
    where scope = 'all' and lifecycle_stage = 'inactive'
),

channel_affinity as (
    select customer_id, channel, sent_count, responded_count, response_rate
    from {{ ref('channel_affinity') }}
),

contactability as (
    select customer_id, channel, may_contact
    from {{ ref('contactability') }}
),

customers_allowed as (
    select
        customer_id,
        channel,
        max(case when may_contact then 1 else 0 end) as is_allowed
    from contactability
    group by customer_id, channel
),

channels_compared as (
    select
        customers_allowed.channel,
        count(channel_affinity.customer_id) as dormant_count,
        sum(customers_allowed.is_allowed) as allowed_count,
        sum(channel_affinity.sent_count) as sent_count,
        sum(channel_affinity.responded_count) as responded_count,
        round(avg(channel_affinity.response_rate), 4) as response_rate,
        round(
            sum(customers_allowed.is_allowed * coalesce(channel_affinity.response_rate, 0)), 1
        ) as expected_response_count
    from customers_allowed
    inner join lifecycle_stages
        on customers_allowed.customer_id = lifecycle_stages.customer_id
    left join channel_affinity
        on
            customers_allowed.customer_id = channel_affinity.customer_id
            and customers_allowed.channel = channel_affinity.channel
    group by customers_allowed.channel
)

select *
from channels_compared
order by expected_response_count desc, channel
