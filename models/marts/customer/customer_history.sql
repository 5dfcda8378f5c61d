with customers as (
    select customer_id, first_seen_at
    from {{ ref('int_identity__customers') }}
),

profiling_stops as (
    select customer_id
    from {{ ref('int_privacy__profiling_stops') }}
    where scope = 'all'
),

months as (
    select month_number, month_date, end_microseconds, is_current
    from {{ ref('int_history__months') }}
),

rfm_segments as (
    select
        customer_id,
        month_number,
        recency_days,
        frequency,
        monetary_amount,
        rfm_score,
        rfm_segment
    from {{ ref('int_transaction__rfm_segments') }}
    where month_number > 0
),

activity_tiers as (
    select
        customer_id,
        month_number,
        activity_tier,
        high_brand_count,
        low_brand_count,
        activity_score
    from {{ ref('int_history__activity_tiers') }}
),

lifecycle_stages as (
    select customer_id, month_number, lifecycle_stage
    from {{ ref('int_history__lifecycle_stages') }}
),

customers_spread as (
    select
        customers.customer_id,
        months.month_number,
        months.month_date,
        cast({{ from_epoch_microseconds('months.end_microseconds') }} as date) as as_of_date,
        {{ month_number('customers.first_seen_at') }} = months.month_number as is_newly_known,
        months.is_current
    from customers
    inner join months
        on {{ epoch_microseconds('customers.first_seen_at') }} <= months.end_microseconds
    left join profiling_stops
        on customers.customer_id = profiling_stops.customer_id
    where profiling_stops.customer_id is null
),

months_joined as (
    select
        customers_spread.customer_id,
        customers_spread.month_number,
        customers_spread.month_date,
        customers_spread.as_of_date,
        customers_spread.is_newly_known,
        customers_spread.is_current,
        rfm_segments.recency_days,
        rfm_segments.frequency,
        rfm_segments.monetary_amount,
        rfm_segments.rfm_score,
        rfm_segments.rfm_segment,
        lifecycle_stages.lifecycle_stage,
        coalesce(activity_tiers.activity_tier, 'dormant') as activity_tier,
        coalesce(activity_tiers.high_brand_count, 0) as high_brand_count,
        coalesce(activity_tiers.low_brand_count, 0) as low_brand_count,
        cast(coalesce(activity_tiers.activity_score, 0) as decimal(18, 6)) as activity_score
    from customers_spread
    left join rfm_segments
        on
            customers_spread.customer_id = rfm_segments.customer_id
            and customers_spread.month_number = rfm_segments.month_number
    left join lifecycle_stages
        on
            customers_spread.customer_id = lifecycle_stages.customer_id
            and customers_spread.month_number = lifecycle_stages.month_number
    left join activity_tiers
        on
            customers_spread.customer_id = activity_tiers.customer_id
            and customers_spread.month_number = activity_tiers.month_number
),

months_compared as (
    select
        customer_id,
        month_date,
        as_of_date,
        is_newly_known,
        is_current,
        recency_days,
        frequency,
        monetary_amount,
        rfm_score,
        rfm_segment,
        lifecycle_stage,
        activity_tier,
        high_brand_count,
        low_brand_count,
        activity_score,
        lag(rfm_segment) over (partition by customer_id order by month_number)
            as previous_rfm_segment,
        lag(lifecycle_stage) over (partition by customer_id order by month_number)
            as previous_lifecycle_stage,
        lag(activity_tier) over (partition by customer_id order by month_number)
            as previous_activity_tier
    from months_joined
)

select * from months_compared
