with all_activity_scores as (
    select
        customer_id,
        brand_id,
        activity_score,
        activity_score_7_days_ago,
        activity_score_30_days_ago,
        activity_score_90_days_ago,
        last_activity_at
    from {{ ref('int_engagement__activity_scores') }}
),

profiling_stops as (
    select customer_id, scope as brand_id
    from {{ ref('int_privacy__profiling_stops') }}
    where scope <> 'all'
),

activity_scores as (
    select
        all_activity_scores.customer_id,
        all_activity_scores.brand_id,
        all_activity_scores.activity_score,
        all_activity_scores.activity_score_7_days_ago,
        all_activity_scores.activity_score_30_days_ago,
        all_activity_scores.activity_score_90_days_ago,
        all_activity_scores.last_activity_at
    from all_activity_scores
    left join profiling_stops
        on
            all_activity_scores.customer_id = profiling_stops.customer_id
            and all_activity_scores.brand_id = profiling_stops.brand_id
    where profiling_stops.customer_id is null
),

-- Ranks count from 0; customers of one score hold the ranks from first to last.
scores_counted as (
    select
        brand_id,
        activity_score,
        count(*) as customer_count
    from activity_scores
    where activity_score > 0
    group by brand_id, activity_score
),

scores_ranked as (
    select
        brand_id,
        activity_score,
        sum(customer_count) over (
            partition by brand_id
            order by activity_score
            rows between unbounded preceding and current row
        ) - customer_count as first_rank,
        sum(customer_count) over (
            partition by brand_id
            order by activity_score
            rows between unbounded preceding and current row
        ) - 1 as last_rank,
        sum(customer_count) over (partition by brand_id) as brand_customer_count
    from scores_counted
),

scores_positioned as (
    select
        brand_id,
        activity_score,
        first_rank,
        last_rank,
        brand_customer_count,
        {{ quantile_position(var('activity_high_quantile'), 'brand_customer_count') }}
            as cut_position
    from scores_ranked
),

cuts_bracketed as (
    select
        brand_id,
        max(case when floor(cut_position) between first_rank and last_rank then activity_score end)
            as lower_score,
        max(
            case
                when
                    least(floor(cut_position) + 1, brand_customer_count - 1)
                    between first_rank and last_rank
                    then activity_score
            end
        ) as upper_score,
        max(cast(cut_position - floor(cut_position) as decimal(7, 6))) as fraction
    from scores_positioned
    group by brand_id
),

high_cuts as (
    select
        brand_id,
        lower_score + (upper_score - lower_score) * fraction as high_score
    from cuts_bracketed
),

tiers_assigned as (
    select
        activity_scores.customer_id,
        activity_scores.brand_id,
        case
            when activity_scores.activity_score = 0 then 'none'
            when activity_scores.activity_score >= high_cuts.high_score then 'high'
            else 'low'
        end as activity_tier,
        activity_scores.activity_score,
        activity_scores.activity_score_7_days_ago,
        activity_scores.activity_score_30_days_ago,
        activity_scores.activity_score_90_days_ago,
        activity_scores.last_activity_at
    from activity_scores
    left join high_cuts
        on activity_scores.brand_id = high_cuts.brand_id
)

select * from tiers_assigned
