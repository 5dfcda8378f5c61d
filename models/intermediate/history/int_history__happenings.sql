-- A view: the readers want few months of it, or few customers.
{{ config(materialized='view') }}

-- Whatever earns points, by whom and when.
with record_happenings as (
    select brand_id, feed, record_id, points, occurred_at
    from {{ ref('int_engagement__record_happenings') }}
),

session_events as (
    select brand_id, event_id, session_id, event_type, occurred_at
    from {{ ref('int_engagement__session_events') }}
),

message_events as (
    select brand_id, event_id, message_id, event_type, occurred_at
    from {{ ref('int_communication__message_events') }}
    where not is_robot
),

activity_points as (
    select activity_kind, points
    from {{ ref('activity_points') }}
    where points > 0
),

record_customers as (
    select brand_id, feed, record_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where customer_id is not null
),

session_customers as (
    select brand_id, session_id, customer_id
    from {{ ref('int_identity__session_customers') }}
    where customer_id is not null
),

message_customers as (
    select brand_id, message_id, customer_id
    from {{ ref('int_identity__message_customers') }}
    where customer_id is not null
),

happenings_united as (
    select
        record_customers.customer_id,
        record_happenings.brand_id,
        record_happenings.feed,
        record_happenings.record_id,
        record_happenings.points,
        record_happenings.occurred_at
    from record_happenings
    inner join record_customers
        on
            record_happenings.brand_id = record_customers.brand_id
            and record_happenings.feed = record_customers.feed
            and record_happenings.record_id = record_customers.record_id

    union all

    select
        session_customers.customer_id,
        session_events.brand_id,
        'events' as feed,
        session_events.event_id as record_id,
        activity_points.points,
        session_events.occurred_at
    from session_events
    inner join activity_points
        on 'web_' || session_events.event_type = activity_points.activity_kind
    inner join session_customers
        on
            session_events.brand_id = session_customers.brand_id
            and session_events.session_id = session_customers.session_id

    union all

    select
        message_customers.customer_id,
        message_events.brand_id,
        'message_events' as feed,
        message_events.event_id as record_id,
        activity_points.points,
        message_events.occurred_at
    from message_events
    inner join activity_points
        on 'message_' || message_events.event_type = activity_points.activity_kind
    inner join message_customers
        on
            message_events.brand_id = message_customers.brand_id
            and message_events.message_id = message_customers.message_id
),

happenings_placed as (
    select
        customer_id,
        brand_id,
        feed,
        record_id,
        points,
        {{ month_number('occurred_at') }} as month_number,
        {{ epoch_microseconds('occurred_at') }} as microseconds
    from happenings_united
)

select * from happenings_placed
