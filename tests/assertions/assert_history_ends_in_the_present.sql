-- The last month of the history and the marts of today are computed along two ways. If they
-- differed, the moves of every month would be moves between two definitions. Scores are sums of
-- rounded points, taken in other groups, so they may differ in their last digits and nothing else
-- may.
with customer_history as (
    select
        customer_id,
        recency_days,
        frequency,
        monetary_amount,
        rfm_score,
        rfm_segment,
        lifecycle_stage,
        activity_score
    from {{ ref('customer_history') }}
    where is_current
),

rfm_scores as (
    select customer_id, recency_days, frequency, monetary_amount, rfm_score, rfm_segment
    from {{ ref('rfm_scores') }}
    where scope = 'all'
),

brand_activity as (
    select
        customer_id,
        sum(activity_score) as activity_score
    from {{ ref('brand_activity') }}
    group by customer_id
),

lifecycle_stages as (
    select customer_id, lifecycle_stage
    from {{ ref('lifecycle_stages') }}
    where scope = 'all'
),

compared as (
    select
        customer_history.customer_id,
        customer_history.rfm_score as history_rfm_score,
        rfm_scores.rfm_score,
        customer_history.monetary_amount as history_amount,
        rfm_scores.monetary_amount,
        customer_history.activity_score as history_activity_score,
        brand_activity.activity_score
    from customer_history
    full join rfm_scores
        on customer_history.customer_id = rfm_scores.customer_id
    left join brand_activity
        on customer_history.customer_id = brand_activity.customer_id
    left join lifecycle_stages
        on customer_history.customer_id = lifecycle_stages.customer_id
    where
        customer_history.customer_id is null
        or customer_history.recency_days is distinct from rfm_scores.recency_days
        or customer_history.frequency is distinct from rfm_scores.frequency
        or customer_history.monetary_amount is distinct from rfm_scores.monetary_amount
        or customer_history.rfm_score is distinct from rfm_scores.rfm_score
        or customer_history.rfm_segment is distinct from rfm_scores.rfm_segment
        or customer_history.lifecycle_stage is distinct from lifecycle_stages.lifecycle_stage
        or abs(
            customer_history.activity_score - coalesce(brand_activity.activity_score, 0)
        ) > 0.0001
)

select * from compared
