-- A view, since one model reads it: a table would be written to be read once.
{{ config(materialized='view') }}

-- The cross-brand tier of each month's end, by the rules of brand_activity and
-- cross_brand_activity_tiers. Who is not here had a score of 0 in every brand.
with all_activity_scores as (
    select customer_id, brand_id, month_number, activity_score
    from {{ ref('int_history__activity_scores') }}
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
        all_activity_scores.month_number,
        all_activity_scores.activity_score
    from all_activity_scores
    left join profiling_stops
        on
            all_activity_scores.customer_id = profiling_stops.customer_id
            and all_activity_scores.brand_id = profiling_stops.brand_id
    where profiling_stops.customer_id is null
),

scores_counted as (
    select
        month_number,
        brand_id,
        activity_score,
        count(*) as customer_count
    from activity_scores
    group by month_number, brand_id, activity_score
),

-- Ranks count from 0; customers of one score hold the ranks from first to last.
scores_ranked as (
    select
        month_number,
        brand_id,
        activity_score,
        sum(customer_count) over (
            partition by month_number, brand_id
            order by activity_score
            rows between unbounded preceding and current row
        ) - customer_count as first_rank,
        sum(customer_count) over (
            partition by month_number, brand_id
            order by activity_score
            rows between unbounded preceding and current row
        ) - 1 as last_rank,
        sum(customer_count) over (partition by month_number, brand_id) as brand_customer_count
    from scores_counted
),

scores_positioned as (
    select
        month_number,
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
        month_number,
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
    group by month_number, brand_id
),

high_cuts as (
    select
        month_number,
        brand_id,
        lower_score + (upper_score - lower_score) * fraction as high_score
    from cuts_bracketed
),

brands_counted as (
    select
        activity_scores.customer_id,
        activity_scores.month_number,
        sum(activity_scores.activity_score) as activity_score,
        count(case when activity_scores.activity_score >= high_cuts.high_score then 1 end)
            as high_brand_count,
        count(case when activity_scores.activity_score < high_cuts.high_score then 1 end)
            as low_brand_count
    from activity_scores
    inner join high_cuts
        on
            activity_scores.month_number = high_cuts.month_number
            and activity_scores.brand_id = high_cuts.brand_id
    group by activity_scores.customer_id, activity_scores.month_number
),

tiers_assigned as (
    select
        customer_id,
        month_number,
        case
            when high_brand_count >= 2 then 'high_in_several'
            when high_brand_count = 1 then 'high_in_one'
            else 'low_everywhere'
        end as activity_tier,
        cast(high_brand_count as integer) as high_brand_count,
        cast(low_brand_count as integer) as low_brand_count,
        cast(activity_score as decimal(18, 6)) as activity_score
    from brands_counted
)

select * from tiers_assigned
