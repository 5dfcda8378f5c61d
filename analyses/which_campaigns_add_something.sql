-- Which campaigns bring orders that would not have come anyway?
--   dbt show --limit 100 --select which_campaigns_add_something
-- How to read it: one row per scenario and channel, over the campaigns that had a hold-out, with
-- all their people put together. treated_rate includes those who would have bought anyway,
-- control_rate is what those do who got nothing; only the difference is the campaign's. A control
-- of a few dozen people proves nothing either way: look at control_count before you look at
-- uplift_rate.
with campaign_performance as (
    select
        scenario,
        channel,
        treated_count,
        treated_converted_count,
        control_count,
        control_converted_count,
        cost_amount
    from {{ ref('campaign_performance') }}
    where control_count > 0
),

scenarios_summed as (
    select
        scenario,
        channel,
        count(*) as campaign_count,
        sum(treated_count) as treated_count,
        sum(control_count) as control_count,
        round(sum(treated_converted_count) * 1.0 / sum(treated_count), 4) as treated_rate,
        round(sum(control_converted_count) * 1.0 / sum(control_count), 4) as control_rate,
        round(
            sum(treated_converted_count) * 1.0 / sum(treated_count)
            - sum(control_converted_count) * 1.0 / sum(control_count),
            4
        ) as uplift_rate,
        sum(cost_amount) as cost_amount
    from campaign_performance
    group by scenario, channel
)

select *
from scenarios_summed
order by uplift_rate desc, scenario, channel
