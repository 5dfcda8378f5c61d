-- The points of each month, so that an activity score of any month's end is a sum over a few months
-- instead of over all happenings. Each happening is here at most twice: among all of its month, as
-- they stand at that month's end, and, where the window of a month's end begins in the middle of
-- its month and before it, among what is left of the month then, as it stands at that later end.
with record_activity as (
    select brand_id, feed, record_id, activity_kind, last_activity_at as occurred_at
    from {{ ref('int_engagement__record_activity') }}
),

session_events as (
    select brand_id, session_id, event_type, occurred_at
    from {{ ref('int_engagement__session_events') }}
),

message_events as (
    select brand_id, message_id, event_type, occurred_at
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

months as (
    select
        month_number,
        window_start_month_number,
        end_microseconds,
        window_start_microseconds
    from {{ ref('int_history__months') }}
),

-- Months before the first one that is kept still count in its window.
happenings as (
    select
        'record' as bearer,
        record_activity.brand_id,
        record_activity.feed,
        record_activity.record_id as bearer_id,
        activity_points.points,
        {{ month_number('record_activity.occurred_at') }} as month_number,
        {{ epoch_microseconds('record_activity.occurred_at') }} as microseconds
    from record_activity
    inner join activity_points
        on record_activity.activity_kind = activity_points.activity_kind

    union all

    select
        'session' as bearer,
        session_events.brand_id,
        '' as feed,
        session_events.session_id as bearer_id,
        activity_points.points,
        {{ month_number('session_events.occurred_at') }} as month_number,
        {{ epoch_microseconds('session_events.occurred_at') }} as microseconds
    from session_events
    inner join activity_points
        on 'web_' || session_events.event_type = activity_points.activity_kind

    union all

    select
        'message' as bearer,
        message_events.brand_id,
        '' as feed,
        message_events.message_id as bearer_id,
        activity_points.points,
        {{ month_number('message_events.occurred_at') }} as month_number,
        {{ epoch_microseconds('message_events.occurred_at') }} as microseconds
    from message_events
    inner join activity_points
        on 'message_' || message_events.event_type = activity_points.activity_kind
),

-- The month before the first one that is kept has no row of its own, so its end is made here.
happening_months as (
    select
        bearer,
        brand_id,
        feed,
        bearer_id,
        points,
        month_number,
        microseconds,
        {{ epoch_microseconds('cast(' ~ month_start('month_number + 1') ~ ' as timestamp)') }} - 1
            as calendar_end_microseconds
    from happenings
),

months_whole as (
    select
        happening_months.bearer,
        happening_months.brand_id,
        happening_months.feed,
        happening_months.bearer_id,
        happening_months.month_number,
        false as is_remainder,
        sum(
            {{ halved_points(
                'happening_months.points',
                'coalesce(months.end_microseconds, happening_months.calendar_end_microseconds)'
                ~ ' - happening_months.microseconds'
            ) }}
        ) as points
    from happening_months
    left join months
        on happening_months.month_number = months.month_number
    where
        happening_months.microseconds
        <= coalesce(months.end_microseconds, happening_months.calendar_end_microseconds)
    group by
        happening_months.bearer,
        happening_months.brand_id,
        happening_months.feed,
        happening_months.bearer_id,
        happening_months.month_number
),

months_begun as (
    select
        happening_months.bearer,
        happening_months.brand_id,
        happening_months.feed,
        happening_months.bearer_id,
        months.month_number,
        true as is_remainder,
        sum(
            {{ halved_points(
                'happening_months.points',
                'months.end_microseconds - happening_months.microseconds'
            ) }}
        ) as points
    from happening_months
    inner join months
        on
            happening_months.month_number = months.window_start_month_number
            and months.window_start_microseconds <= happening_months.microseconds
            and months.end_microseconds >= happening_months.microseconds
    group by
        happening_months.bearer,
        happening_months.brand_id,
        happening_months.feed,
        happening_months.bearer_id,
        months.month_number
),

bearers_united as (
    select bearer, brand_id, feed, bearer_id, month_number, is_remainder, points
    from months_whole
    union all
    select bearer, brand_id, feed, bearer_id, month_number, is_remainder, points
    from months_begun
),

bearers_bound as (
    select
        record_customers.customer_id,
        bearers_united.brand_id,
        bearers_united.month_number,
        bearers_united.is_remainder,
        bearers_united.points
    from bearers_united
    inner join record_customers
        on
            bearers_united.brand_id = record_customers.brand_id
            and bearers_united.feed = record_customers.feed
            and bearers_united.bearer_id = record_customers.record_id
    where bearers_united.bearer = 'record'

    union all

    select
        session_customers.customer_id,
        bearers_united.brand_id,
        bearers_united.month_number,
        bearers_united.is_remainder,
        bearers_united.points
    from bearers_united
    inner join session_customers
        on
            bearers_united.brand_id = session_customers.brand_id
            and bearers_united.bearer_id = session_customers.session_id
    where bearers_united.bearer = 'session'

    union all

    select
        message_customers.customer_id,
        bearers_united.brand_id,
        bearers_united.month_number,
        bearers_united.is_remainder,
        bearers_united.points
    from bearers_united
    inner join message_customers
        on
            bearers_united.brand_id = message_customers.brand_id
            and bearers_united.bearer_id = message_customers.message_id
    where bearers_united.bearer = 'message'
),

points_summed as (
    select
        customer_id,
        brand_id,
        month_number,
        is_remainder,
        cast(sum(points) as decimal(18, 8)) as points
    from bearers_bound
    group by customer_id, brand_id, month_number, is_remainder
)

select * from points_summed
