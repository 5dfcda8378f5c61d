-- The activity score of each customer and brand as it stood at the end of each month that is over:
-- the whole months of the window, aged to that end, and what is left of the month in which the
-- window begins.
-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}

with activity_points as (
    select customer_id, brand_id, month_number, is_remainder, points
    from {{ ref('int_history__activity_points') }}
),

months as (
    select month_number, window_start_month_number, end_microseconds
    from {{ ref('int_history__fixed_months') }}
    where not is_current
),

points_ended as (
    select
        customer_id,
        brand_id,
        month_number,
        points,
        {{ epoch_microseconds(
            'cast(' ~ month_start('month_number + 1') ~ ' as timestamp)'
        ) }} - 1 as end_microseconds
    from activity_points
    where not is_remainder
),

points_aged as (
    select
        points_ended.customer_id,
        points_ended.brand_id,
        months.month_number,
        {{ halved_points(
            'points_ended.points', 'months.end_microseconds - points_ended.end_microseconds'
        ) }} as points
    from points_ended
    inner join months
        on
            points_ended.month_number > months.window_start_month_number
            and points_ended.month_number <= months.month_number

    union all

    select
        customer_id,
        brand_id,
        month_number,
        points
    from activity_points
    where is_remainder
),

scores_summed as (
    select
        customer_id,
        brand_id,
        month_number,
        cast(sum(points) as decimal(18, 6)) as activity_score
    from points_aged
    group by customer_id, brand_id, month_number
),

scores_positive as (
    select
        customer_id,
        brand_id,
        month_number,
        activity_score
    from scores_summed
    where activity_score > 0
)

select * from scores_positive
