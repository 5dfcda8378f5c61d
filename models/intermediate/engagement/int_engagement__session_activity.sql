-- A view, since one model reads it: a table would be written to be read once.
{{ config(materialized='view') }}

-- Summed by session before anything is bound to a customer: sessions are far fewer than events, and
-- a merge of customers then touches no event.
with session_events as (
    select session_id, brand_id, event_type, occurred_at
    from {{ ref('int_engagement__session_events') }}
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

-- The oldest score that is asked for is of 90 days ago; nothing older than its window can count.
events_aged as (
    select
        session_events.session_id,
        session_events.brand_id,
        activity_points.points,
        {{ epoch_microseconds('as_of.as_of_at') }}
        - {{ epoch_microseconds('session_events.occurred_at') }} as age_microseconds,
        session_events.occurred_at
    from session_events
    inner join activity_points
        on 'web_' || session_events.event_type = activity_points.activity_kind
    cross join as_of
    where
        {{ epoch_microseconds('as_of.as_of_at') }}
        - {{ epoch_microseconds('session_events.occurred_at') }}
        between 0 and {{ (90 + var('activity_window_days') | int) * 86400000000 }}
),

sessions_scored as (
    select
        session_id,
        min(brand_id) as brand_id,
        sum({{ decayed_points('points', 'age_microseconds') }}) as activity_score,
        sum({{ decayed_points('points', 'age_microseconds', 7) }}) as activity_score_7_days_ago,
        sum({{ decayed_points('points', 'age_microseconds', 30) }}) as activity_score_30_days_ago,
        sum({{ decayed_points('points', 'age_microseconds', 90) }}) as activity_score_90_days_ago,
        max(occurred_at) as last_activity_at
    from events_aged
    group by session_id
)

select * from sessions_scored
