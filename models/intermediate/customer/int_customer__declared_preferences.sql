-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key(), asks_as_of='passed') }}
with

survey_responses as (
    select * from {{ ref('stg_engagement__survey_responses') }}
),

record_customers as (
    select * from {{ ref('int_identity__record_customers') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

answers_ranked as (
    select
        record_customers.customer_id,
        survey_responses.question_key,
        survey_responses.answer,
        row_number() over (
            partition by record_customers.customer_id, survey_responses.question_key
            order by
                survey_responses.answered_at desc,
                survey_responses.brand_id,
                survey_responses.response_id
        ) as recency_rank
    from survey_responses
    cross join as_of
    inner join record_customers
        on
            record_customers.feed = 'survey_responses'
            and survey_responses.brand_id = record_customers.brand_id
            and survey_responses.response_id = record_customers.record_id
    where
        record_customers.customer_id is not null
        and survey_responses.answered_at <= as_of.as_of_at
),

latest as (
    select
        customer_id,
        max(case when question_key = 'preferred_channel' then answer end) as preferred_channel,
        max(case when question_key = 'contact_frequency' then answer end) as contact_frequency,
        max(case when question_key = 'interest_category' then answer end) as interest_category,
        max(case when question_key = 'price_range' then answer end) as price_range
    from answers_ranked
    where recency_rank = 1
    group by customer_id
)

select * from latest
