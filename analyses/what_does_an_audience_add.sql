-- What does each audience add, compared with the people who are held out of it?
--   dbt show --limit 100 --select what_does_an_audience_add
-- How to read it: one row per audience whose members have had attribution_window_days to answer.
-- ordered_share is the share of those written to who ordered from the brand within the window after
-- they entered, held_out_ordered_share that of those held out; the difference is what the messages
-- brought. With fewer than some hundred held out it is mostly chance: campaign_performance has
-- intervals once you land campaign_controls (docs/audiences.md).
with audience_changes as (
    select
        audience_change_id,
        audience_name,
        customer_id,
        brand_id,
        is_held_out,
        changed_at
    from {{ ref('audience_changes') }}
    where change = 'entered'
),

order_customers as (
    select brand_id, order_id, customer_id, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

entries_ripe as (
    select
        audience_changes.audience_change_id,
        audience_changes.audience_name,
        audience_changes.customer_id,
        audience_changes.brand_id,
        audience_changes.is_held_out,
        audience_changes.changed_at
    from audience_changes
    cross join as_of
    where
        {{ has_passed_days(
            'audience_changes.changed_at', 'as_of.as_of_at', var('attribution_window_days')
        ) }}
),

entries_answered as (
    select
        entries_ripe.audience_change_id,
        entries_ripe.audience_name,
        entries_ripe.is_held_out,
        max(
            case
                when
                    {{ is_within_days(
                        'entries_ripe.changed_at',
                        'order_customers.ordered_at',
                        var('attribution_window_days')
                    ) }}
                    then 1
                else 0
            end
        ) as is_ordered
    from entries_ripe
    left join order_customers
        on
            entries_ripe.customer_id = order_customers.customer_id
            and entries_ripe.brand_id = order_customers.brand_id
    group by
        entries_ripe.audience_change_id,
        entries_ripe.audience_name,
        entries_ripe.is_held_out
),

audiences_compared as (
    select
        audience_name,
        sum(case when is_held_out then 0 else 1 end) as written_to_count,
        sum(case when is_held_out then 1 else 0 end) as held_out_count,
        {{ decimal_quotient(
            'sum(case when is_held_out then 0 else is_ordered end)',
            'sum(case when is_held_out then 0 else 1 end)',
            4
        ) }} as ordered_share,
        {{ decimal_quotient(
            'sum(case when is_held_out then is_ordered else 0 end)',
            'sum(case when is_held_out then 1 else 0 end)',
            4
        ) }} as held_out_ordered_share
    from entries_answered
    group by audience_name
)

select * from audiences_compared
order by audience_name
