-- From which segment do customers slip to at risk, and how fast?
--   dbt show --limit 50 --select which_segment_slips
-- How to read it: one row per segment that customers left for at_risk or cannot_lose_them, over
-- the months that are over. slipped_count customers did; monthly_share is how large a share of the
-- segment does so in a month. The segment with the largest count is where a message pays most, the
-- one with the largest share where it must come first.
with moves as (
    select month_date, from_value, to_value, customer_count
    from {{ ref('funnel_transitions') }}
    where funnel = 'rfm_segment' and not is_current
),

segments_summed as (
    select
        from_value,
        sum(customer_count) as customer_month_count,
        sum(
            case when to_value in ('at_risk', 'cannot_lose_them') then customer_count else 0 end
        ) as slipped_count
    from moves
    where from_value not in ('at_risk', 'cannot_lose_them', 'not_known', 'no_order')
    group by from_value
),

shares as (
    select
        from_value,
        slipped_count,
        customer_month_count,
        {{ decimal_quotient('slipped_count', 'customer_month_count', 4) }} as monthly_share
    from segments_summed
    where slipped_count > 0
    order by slipped_count desc, from_value
)

select * from shares
