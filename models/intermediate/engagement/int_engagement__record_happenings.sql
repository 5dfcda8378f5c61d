-- A view, since it is narrow and each of its readers needs it with what it knows itself.
{{ config(materialized='view') }}

with orders as (
    select
        brand_id,
        'orders' as feed,
        order_id as record_id,
        'order' as activity_kind,
        ordered_at as occurred_at
    from {{ ref('int_transaction__orders') }}
    where is_counted
),

refunds as (
    select
        brand_id,
        'returns' as feed,
        return_id as record_id,
        'return' as activity_kind,
        returned_at as occurred_at
    from {{ ref('int_transaction__refunds') }}
    where is_counted
),

reviews as (
    select
        brand_id,
        'reviews' as feed,
        review_id as record_id,
        'review' as activity_kind,
        reviewed_at as occurred_at
    from {{ ref('stg_engagement__reviews') }}
),

survey_responses as (
    select
        brand_id,
        'survey_responses' as feed,
        response_id as record_id,
        'survey_answer' as activity_kind,
        answered_at as occurred_at
    from {{ ref('stg_engagement__survey_responses') }}
),

service_interactions as (
    select
        brand_id,
        'service_interactions' as feed,
        interaction_id as record_id,
        'service_interaction' as activity_kind,
        opened_at as occurred_at
    from {{ ref('stg_communication__service_interactions') }}
),

loyalty_events as (
    select
        brand_id,
        'loyalty_events' as feed,
        event_id as record_id,
        'loyalty_' || event_type as activity_kind,
        occurred_at
    from {{ ref('stg_loyalty__loyalty_events') }}
),

activity_points as (
    select activity_kind, points
    from {{ ref('activity_points') }}
    where points > 0
),

records_united as (
    select brand_id, feed, record_id, activity_kind, occurred_at from orders
    union all
    select brand_id, feed, record_id, activity_kind, occurred_at from refunds
    union all
    select brand_id, feed, record_id, activity_kind, occurred_at from reviews
    union all
    select brand_id, feed, record_id, activity_kind, occurred_at from survey_responses
    union all
    select brand_id, feed, record_id, activity_kind, occurred_at from service_interactions
    union all
    select brand_id, feed, record_id, activity_kind, occurred_at from loyalty_events
),

records_scoring as (
    select
        records_united.brand_id,
        records_united.feed,
        records_united.record_id,
        records_united.activity_kind,
        activity_points.points,
        records_united.occurred_at
    from records_united
    inner join activity_points
        on records_united.activity_kind = activity_points.activity_kind
)

select * from records_scoring
