with record_happenings as (
    select brand_id, feed, record_id, activity_kind, points, occurred_at
    from {{ ref('int_engagement__record_happenings') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

records_aged as (
    select
        record_happenings.brand_id,
        record_happenings.feed,
        record_happenings.record_id,
        record_happenings.activity_kind,
        record_happenings.points,
        {{ epoch_microseconds('as_of.as_of_at') }}
        - {{ epoch_microseconds('record_happenings.occurred_at') }} as age_microseconds,
        record_happenings.occurred_at
    from record_happenings
    cross join as_of
    where record_happenings.occurred_at <= as_of.as_of_at
),

records_scored as (
    select
        brand_id,
        feed,
        record_id,
        activity_kind,
        {{ decayed_points('points', 'age_microseconds') }} as activity_score,
        {{ decayed_points('points', 'age_microseconds', 7) }} as activity_score_7_days_ago,
        {{ decayed_points('points', 'age_microseconds', 30) }} as activity_score_30_days_ago,
        {{ decayed_points('points', 'age_microseconds', 90) }} as activity_score_90_days_ago,
        occurred_at as last_activity_at
    from records_aged
)

select * from records_scored
