with record_activity as (
    select
        brand_id,
        feed,
        record_id,
        activity_score,
        activity_score_7_days_ago,
        activity_score_30_days_ago,
        activity_score_90_days_ago,
        last_activity_at
    from {{ ref('int_engagement__record_activity') }}
),

session_activity as (
    select
        session_id,
        activity_score,
        activity_score_7_days_ago,
        activity_score_30_days_ago,
        activity_score_90_days_ago,
        last_activity_at
    from {{ ref('int_engagement__session_activity') }}
),

message_activity as (
    select
        brand_id,
        message_id,
        activity_score,
        activity_score_7_days_ago,
        activity_score_30_days_ago,
        activity_score_90_days_ago,
        last_activity_at
    from {{ ref('int_communication__message_activity') }}
),

sessions as (
    select session_id, ended_at
    from {{ ref('int_engagement__sessions') }}
),

record_customers as (
    select brand_id, feed, record_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where customer_id is not null
),

session_customers as (
    select session_id, brand_id, customer_id
    from {{ ref('int_identity__session_customers') }}
    where customer_id is not null
),

message_customers as (
    select brand_id, message_id, customer_id
    from {{ ref('int_identity__message_customers') }}
    where customer_id is not null
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

-- A customer is known to a brand by any record, session or message there, scored or not: hence the
-- left joins, and zeros where nothing counts.
record_scores as (
    select
        record_customers.customer_id,
        record_customers.brand_id,
        sum(record_activity.activity_score) as activity_score,
        sum(record_activity.activity_score_7_days_ago) as activity_score_7_days_ago,
        sum(record_activity.activity_score_30_days_ago) as activity_score_30_days_ago,
        sum(record_activity.activity_score_90_days_ago) as activity_score_90_days_ago,
        max(record_activity.last_activity_at) as last_activity_at
    from record_customers
    left join record_activity
        on
            record_customers.brand_id = record_activity.brand_id
            and record_customers.feed = record_activity.feed
            and record_customers.record_id = record_activity.record_id
    group by record_customers.customer_id, record_customers.brand_id
),

-- A session that was over before the oldest window has no scores, but it was a sign of life.
session_scores as (
    select
        session_customers.customer_id,
        session_customers.brand_id,
        sum(session_activity.activity_score) as activity_score,
        sum(session_activity.activity_score_7_days_ago) as activity_score_7_days_ago,
        sum(session_activity.activity_score_30_days_ago) as activity_score_30_days_ago,
        sum(session_activity.activity_score_90_days_ago) as activity_score_90_days_ago,
        max(
            case
                when sessions.ended_at <= as_of.as_of_at then sessions.ended_at
                else session_activity.last_activity_at
            end
        ) as last_activity_at
    from session_customers
    inner join sessions
        on session_customers.session_id = sessions.session_id
    left join session_activity
        on session_customers.session_id = session_activity.session_id
    cross join as_of
    group by session_customers.customer_id, session_customers.brand_id
),

message_scores as (
    select
        message_customers.customer_id,
        message_customers.brand_id,
        sum(message_activity.activity_score) as activity_score,
        sum(message_activity.activity_score_7_days_ago) as activity_score_7_days_ago,
        sum(message_activity.activity_score_30_days_ago) as activity_score_30_days_ago,
        sum(message_activity.activity_score_90_days_ago) as activity_score_90_days_ago,
        max(message_activity.last_activity_at) as last_activity_at
    from message_customers
    left join message_activity
        on
            message_customers.brand_id = message_activity.brand_id
            and message_customers.message_id = message_activity.message_id
    group by message_customers.customer_id, message_customers.brand_id
),

scores_united as (
    select
        customer_id,
        brand_id,
        activity_score,
        activity_score_7_days_ago,
        activity_score_30_days_ago,
        activity_score_90_days_ago,
        last_activity_at
    from record_scores

    union all

    select
        customer_id,
        brand_id,
        activity_score,
        activity_score_7_days_ago,
        activity_score_30_days_ago,
        activity_score_90_days_ago,
        last_activity_at
    from session_scores

    union all

    select
        customer_id,
        brand_id,
        activity_score,
        activity_score_7_days_ago,
        activity_score_30_days_ago,
        activity_score_90_days_ago,
        last_activity_at
    from message_scores
),

scores_summed as (
    select
        customer_id,
        brand_id,
        cast(coalesce(sum(activity_score), 0) as decimal(18, 6)) as activity_score,
        cast(coalesce(sum(activity_score_7_days_ago), 0) as decimal(18, 6))
            as activity_score_7_days_ago,
        cast(coalesce(sum(activity_score_30_days_ago), 0) as decimal(18, 6))
            as activity_score_30_days_ago,
        cast(coalesce(sum(activity_score_90_days_ago), 0) as decimal(18, 6))
            as activity_score_90_days_ago,
        max(last_activity_at) as last_activity_at
    from scores_united
    group by customer_id, brand_id
)

select * from scores_summed
