-- The activity score of each customer and brand at as_of, by the rules of the months that are over:
-- the whole months of the window, aged to as_of, what is left of the month in which the window
-- begins, and what has happened in the month of as_of.
with happenings as (
    select customer_id, brand_id, points, month_number, microseconds
    from {{ ref('int_history__happenings') }}
),

activity_points as (
    select customer_id, brand_id, month_number, points
    from {{ ref('int_history__activity_points') }}
    where not is_remainder
),

current_month as (
    select
        month_number,
        window_start_month_number,
        end_microseconds,
        window_start_microseconds
    from {{ ref('int_history__months') }}
    where is_current
),

points_aged as (
    select
        activity_points.customer_id,
        activity_points.brand_id,
        current_month.month_number,
        {{ halved_points(
            'activity_points.points',
            'current_month.end_microseconds - ' ~ epoch_microseconds(
                'cast(' ~ month_start('activity_points.month_number + 1') ~ ' as timestamp)'
            ) ~ ' + 1'
        ) }} as points
    from activity_points
    cross join current_month
    where
        activity_points.month_number > current_month.window_start_month_number
        and activity_points.month_number < current_month.month_number
),

months_apart as (
    select
        happenings.customer_id,
        happenings.brand_id,
        current_month.month_number,
        happenings.month_number < current_month.month_number as is_remainder,
        cast(
            sum(
                {{ halved_points(
                    'happenings.points', 'current_month.end_microseconds - happenings.microseconds'
                ) }}
            ) as decimal(18, 8)
        ) as points
    from happenings
    cross join current_month
    where
        happenings.month_number
        in (current_month.window_start_month_number, current_month.month_number)
        and happenings.microseconds <= current_month.end_microseconds
        and happenings.microseconds >= current_month.window_start_microseconds
    group by
        happenings.customer_id,
        happenings.brand_id,
        current_month.month_number,
        happenings.month_number < current_month.month_number
),

points_united as (
    select customer_id, brand_id, month_number, points
    from points_aged
    union all
    select customer_id, brand_id, month_number, points
    from months_apart
),

scores_summed as (
    select
        customer_id,
        brand_id,
        month_number,
        cast(sum(points) as decimal(18, 6)) as activity_score
    from points_united
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
