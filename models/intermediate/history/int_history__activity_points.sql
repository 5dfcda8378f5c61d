-- The points of each month that is over, so that an activity score of any later month's end is a
-- sum over a few months instead of over all happenings. Each happening is here at most twice: among
-- all of its month, as they stand at that month's end, and, where the window of a month's end
-- begins in the middle of its month and before it, among what is left of the month then, as it
-- stands at that later end.
-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}

with happenings as (
    select customer_id, brand_id, points, month_number, microseconds
    from {{ ref('int_history__happenings') }}
),

months as (
    select
        month_number,
        window_start_month_number,
        end_microseconds,
        window_start_microseconds,
        is_current
    from {{ ref('int_history__fixed_months') }}
),

current_month as (
    select month_number
    from months
    where is_current
),

-- Months before the first one that is kept still count in its window, and have no row in months.
months_whole as (
    select
        happenings.customer_id,
        happenings.brand_id,
        happenings.month_number,
        false as is_remainder,
        {{ halved_points(
            'happenings.points',
            epoch_microseconds(
                'cast(' ~ month_start('happenings.month_number + 1') ~ ' as timestamp)'
            ) ~ ' - 1 - happenings.microseconds'
        ) }} as points
    from happenings
    cross join current_month
    where happenings.month_number < current_month.month_number
),

months_begun as (
    select
        happenings.customer_id,
        happenings.brand_id,
        months.month_number,
        true as is_remainder,
        {{ halved_points(
            'happenings.points', 'months.end_microseconds - happenings.microseconds'
        ) }} as points
    from happenings
    inner join months
        on
            happenings.month_number = months.window_start_month_number
            and months.window_start_microseconds <= happenings.microseconds
            and months.end_microseconds >= happenings.microseconds
),

points_united as (
    select customer_id, brand_id, month_number, is_remainder, points
    from months_whole
    union all
    select customer_id, brand_id, month_number, is_remainder, points
    from months_begun
),

points_summed as (
    select
        customer_id,
        brand_id,
        month_number,
        is_remainder,
        cast(sum(points) as decimal(18, 8)) as points
    from points_united
    group by customer_id, brand_id, month_number, is_remainder
)

select * from points_summed
