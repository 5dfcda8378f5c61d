with rfm_segments as (
    select
        customer_id,
        scope,
        last_order_at,
        recency_days,
        frequency,
        monetary_amount,
        recency_score,
        frequency_score,
        monetary_score,
        rfm_score,
        rfm_segment
    from {{ ref('int_transaction__rfm_segments') }}
    where month_number = 0
),

as_of as (
    select as_of_date
    from {{ ref('int_operations__as_of') }}
),

scores_dated as (
    select
        rfm_segments.customer_id,
        rfm_segments.scope,
        as_of.as_of_date,
        rfm_segments.last_order_at,
        rfm_segments.recency_days,
        rfm_segments.frequency,
        rfm_segments.monetary_amount,
        rfm_segments.recency_score,
        rfm_segments.frequency_score,
        rfm_segments.monetary_score,
        rfm_segments.rfm_score,
        rfm_segments.rfm_segment
    from rfm_segments
    cross join as_of
)

select * from scores_dated
