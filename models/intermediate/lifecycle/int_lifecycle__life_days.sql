-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key(), asks_as_of='passed') }}

-- Signs of life by day, from which the last one as of any past midnight is a maximum over few rows.
-- A visit shows life when it begins and when it ends; of what happens else, whatever earns points.
with record_happenings as (
    select brand_id, feed, record_id, occurred_at
    from {{ ref('int_engagement__record_happenings') }}
),

sessions as (
    select session_id, brand_id, started_at, ended_at
    from {{ ref('int_engagement__sessions') }}
),

message_events as (
    select brand_id, message_id, event_type, occurred_at
    from {{ ref('int_communication__message_events') }}
    where not is_robot
),

activity_points as (
    select activity_kind
    from {{ ref('activity_points') }}
    where points > 0
),

record_customers as (
    select brand_id, feed, record_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where customer_id is not null
),

session_customers as (
    select session_id, customer_id
    from {{ ref('int_identity__session_customers') }}
),

message_customers as (
    select brand_id, message_id, customer_id
    from {{ ref('int_identity__message_customers') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

signs_united as (
    select
        record_customers.customer_id,
        record_happenings.brand_id,
        record_happenings.occurred_at,
        false as is_visit
    from record_happenings
    inner join record_customers
        on
            record_happenings.brand_id = record_customers.brand_id
            and record_happenings.feed = record_customers.feed
            and record_happenings.record_id = record_customers.record_id

    union all

    select
        session_customers.customer_id,
        sessions.brand_id,
        sessions.started_at as occurred_at,
        true as is_visit
    from sessions
    inner join session_customers
        on sessions.session_id = session_customers.session_id

    union all

    select
        session_customers.customer_id,
        sessions.brand_id,
        sessions.ended_at as occurred_at,
        true as is_visit
    from sessions
    inner join session_customers
        on sessions.session_id = session_customers.session_id
    where sessions.ended_at > sessions.started_at

    union all

    select
        message_customers.customer_id,
        message_events.brand_id,
        message_events.occurred_at,
        false as is_visit
    from message_events
    inner join message_customers
        on
            message_events.brand_id = message_customers.brand_id
            and message_events.message_id = message_customers.message_id
    inner join activity_points
        on 'message_' || message_events.event_type = activity_points.activity_kind
),

days_summed as (
    select
        signs_united.customer_id,
        signs_united.brand_id,
        cast(signs_united.occurred_at as date) as life_date,
        max(signs_united.occurred_at) as last_activity_at,
        max(case when signs_united.is_visit then signs_united.occurred_at end) as last_visit_at
    from signs_united
    cross join as_of
    where signs_united.occurred_at <= as_of.as_of_at
    group by
        signs_united.customer_id,
        signs_united.brand_id,
        cast(signs_united.occurred_at as date)
)

select * from days_summed
