with customer_history as (
    select
        customer_id,
        month_date,
        is_newly_known,
        is_current,
        rfm_segment,
        lifecycle_stage,
        activity_tier,
        previous_lifecycle_stage,
        previous_rfm_segment,
        previous_activity_tier
    from {{ ref('customer_history') }}
    -- Where the history begins, nobody knows where those came from who were there before it.
    where is_newly_known or previous_activity_tier is not null
),

moves_listed as (
    select
        month_date,
        is_current,
        'rfm_segment' as funnel,
        case
            when is_newly_known then 'not_known'
            else coalesce(previous_rfm_segment, 'no_order')
        end as from_value,
        coalesce(rfm_segment, 'no_order') as to_value
    from customer_history

    union all

    select
        month_date,
        is_current,
        'lifecycle_stage' as funnel,
        case
            when is_newly_known then 'not_known' else previous_lifecycle_stage
        end as from_value,
        lifecycle_stage as to_value
    from customer_history

    union all

    select
        month_date,
        is_current,
        'activity_tier' as funnel,
        case when is_newly_known then 'not_known' else previous_activity_tier end as from_value,
        activity_tier as to_value
    from customer_history
),

moves_counted as (
    select
        month_date,
        is_current,
        funnel,
        from_value,
        to_value,
        count(*) as customer_count
    from moves_listed
    group by month_date, is_current, funnel, from_value, to_value
),

shares_measured as (
    select
        month_date,
        is_current,
        funnel,
        from_value,
        to_value,
        from_value <> to_value as is_move,
        cast(customer_count as bigint) as customer_count,
        {{ decimal_quotient(
            'customer_count',
            'sum(customer_count) over (partition by month_date, funnel, from_value)',
            6
        ) }} as from_share
    from moves_counted
)

select * from shares_measured
