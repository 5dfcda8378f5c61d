with message_events as (
    select brand_id, message_id, event_type, occurred_at
    from {{ ref('int_communication__message_events') }}
    where not is_robot
),

activity_points as (
    select activity_kind, points
    from {{ ref('activity_points') }}
    where points > 0
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

events_aged as (
    select
        message_events.brand_id,
        message_events.message_id,
        activity_points.points,
        {{ epoch_microseconds('as_of.as_of_at') }}
        - {{ epoch_microseconds('message_events.occurred_at') }} as age_microseconds,
        message_events.occurred_at
    from message_events
    inner join activity_points
        on 'message_' || message_events.event_type = activity_points.activity_kind
    cross join as_of
    where message_events.occurred_at <= as_of.as_of_at
),

messages_scored as (
    select
        brand_id,
        message_id,
        sum({{ decayed_points('points', 'age_microseconds') }}) as activity_score,
        sum({{ decayed_points('points', 'age_microseconds', 7) }}) as activity_score_7_days_ago,
        sum({{ decayed_points('points', 'age_microseconds', 30) }}) as activity_score_30_days_ago,
        sum({{ decayed_points('points', 'age_microseconds', 90) }}) as activity_score_90_days_ago,
        max(occurred_at) as last_activity_at
    from events_aged
    group by brand_id, message_id
)

select * from messages_scored
