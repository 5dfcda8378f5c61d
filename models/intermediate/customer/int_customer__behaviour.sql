-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key(), asks_as_of='passed') }}

-- What a customer did of their own accord at each brand and, in the scope all, in the group:
-- visits, reviews and answers, counted once for both 360s.
with sessions as (
    select session_id, brand_id, is_cart_abandoned, ended_at
    from {{ ref('int_engagement__sessions') }}
),

session_customers as (
    select session_id, brand_id, customer_id
    from {{ ref('int_identity__session_customers') }}
),

reviews as (
    select brand_id, review_id, reviewed_at
    from {{ ref('stg_engagement__reviews') }}
),

survey_responses as (
    select brand_id, response_id, answered_at
    from {{ ref('stg_engagement__survey_responses') }}
),

record_customers as (
    select brand_id, feed, record_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where feed in ('reviews', 'survey_responses') and customer_id is not null
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

deeds_united as (
    select
        session_customers.customer_id,
        sessions.brand_id,
        'session' as deed,
        sessions.is_cart_abandoned,
        sessions.ended_at as occurred_at
    from sessions
    inner join session_customers
        on
            sessions.brand_id = session_customers.brand_id
            and sessions.session_id = session_customers.session_id

    union all

    select
        record_customers.customer_id,
        reviews.brand_id,
        'review' as deed,
        false as is_cart_abandoned,
        reviews.reviewed_at as occurred_at
    from reviews
    inner join record_customers
        on
            record_customers.feed = 'reviews'
            and reviews.brand_id = record_customers.brand_id
            and reviews.review_id = record_customers.record_id

    union all

    select
        record_customers.customer_id,
        survey_responses.brand_id,
        'answer' as deed,
        false as is_cart_abandoned,
        survey_responses.answered_at as occurred_at
    from survey_responses
    inner join record_customers
        on
            record_customers.feed = 'survey_responses'
            and survey_responses.brand_id = record_customers.brand_id
            and survey_responses.response_id = record_customers.record_id
),

brands_counted as (
    select
        deeds_united.customer_id,
        deeds_united.brand_id,
        count(case when deeds_united.deed = 'session' then 1 end) as session_count,
        count(case when deeds_united.is_cart_abandoned then 1 end) as abandoned_cart_count,
        count(case when deeds_united.deed = 'review' then 1 end) as review_count,
        count(case when deeds_united.deed = 'answer' then 1 end) as survey_response_count,
        max(case when deeds_united.deed = 'session' then deeds_united.occurred_at end)
            as last_session_at
    from deeds_united
    cross join as_of
    where deeds_united.occurred_at <= as_of.as_of_at
    group by deeds_united.customer_id, deeds_united.brand_id
),

scopes_united as (
    select
        customer_id,
        brand_id as scope,
        session_count,
        abandoned_cart_count,
        review_count,
        survey_response_count,
        last_session_at
    from brands_counted

    union all

    select
        customer_id,
        'all' as scope,
        cast(sum(session_count) as bigint) as session_count,
        cast(sum(abandoned_cart_count) as bigint) as abandoned_cart_count,
        cast(sum(review_count) as bigint) as review_count,
        cast(sum(survey_response_count) as bigint) as survey_response_count,
        max(last_session_at) as last_session_at
    from brands_counted
    group by customer_id
)

select * from scopes_united
