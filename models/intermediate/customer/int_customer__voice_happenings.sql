-- A view, since one model reads it: a table would be written to be read once.
{{ config(materialized='view') }}

with

service_interactions as (
    select * from {{ ref('stg_communication__service_interactions') }}
),

reviews as (
    select * from {{ ref('stg_engagement__reviews') }}
),

survey_responses as (
    select * from {{ ref('stg_engagement__survey_responses') }}
),

loyalty_events as (
    select * from {{ ref('stg_loyalty__loyalty_events') }}
),

consent_events as (
    select * from {{ ref('stg_privacy__consent_events') }}
),

share_codes as (
    select * from {{ ref('stg_engagement__share_codes') }}
),

customer_nodes as (
    select * from {{ ref('int_identity__customer_nodes') }}
),

record_customers as (
    select * from {{ ref('int_identity__record_customers') }}
),

happenings as (
    select
        record_customers.customer_id,
        service_interactions.opened_at as occurred_at,
        service_interactions.brand_id as brand_id,
        service_interactions.channel as channel,
        'service' as kind,
        concat('service_', service_interactions.direction) as happening,
        service_interactions.topic as detail,
        cast(null as decimal(18, 2)) as amount,
        'service_interactions' as feed,
        service_interactions.interaction_id as record_id
    from service_interactions
    inner join record_customers
        on
            record_customers.feed = 'service_interactions'
            and service_interactions.brand_id = record_customers.brand_id
            and service_interactions.interaction_id = record_customers.record_id

    union all

    select
        record_customers.customer_id,
        reviews.reviewed_at as occurred_at,
        reviews.brand_id as brand_id,
        reviews.review_site as channel,
        'review' as kind,
        'reviewed' as happening,
        cast(reviews.rating as {{ type_string() }}) || ' stars' as detail,
        cast(null as decimal(18, 2)) as amount,
        'reviews' as feed,
        reviews.review_id as record_id
    from reviews
    inner join record_customers
        on
            record_customers.feed = 'reviews'
            and reviews.brand_id = record_customers.brand_id
            and reviews.review_id = record_customers.record_id

    union all

    select
        record_customers.customer_id,
        survey_responses.answered_at as occurred_at,
        survey_responses.brand_id as brand_id,
        cast(null as {{ type_string() }}) as channel,
        'answer' as kind,
        survey_responses.question_key as happening,
        survey_responses.answer as detail,
        cast(null as decimal(18, 2)) as amount,
        'survey_responses' as feed,
        survey_responses.response_id as record_id
    from survey_responses
    inner join record_customers
        on
            record_customers.feed = 'survey_responses'
            and survey_responses.brand_id = record_customers.brand_id
            and survey_responses.response_id = record_customers.record_id

    union all

    select
        record_customers.customer_id,
        loyalty_events.occurred_at as occurred_at,
        loyalty_events.brand_id as brand_id,
        cast(null as {{ type_string() }}) as channel,
        'loyalty' as kind,
        loyalty_events.event_type as happening,
        -- Without the voucher's code, which is an identifier of its owner.
        coalesce(
            loyalty_events.tier,
            case
                when loyalty_events.points is not null
                    then concat(cast(loyalty_events.points as {{ type_string() }}), ' points')
            end
        ) as detail,
        cast(null as decimal(18, 2)) as amount,
        'loyalty_events' as feed,
        loyalty_events.event_id as record_id
    from loyalty_events
    inner join record_customers
        on
            record_customers.feed = 'loyalty_events'
            and loyalty_events.brand_id = record_customers.brand_id
            and loyalty_events.event_id = record_customers.record_id

    union all

    select
        record_customers.customer_id,
        consent_events.decided_at as occurred_at,
        consent_events.brand_id as brand_id,
        consent_events.channel as channel,
        'consent' as kind,
        concat('consent_', consent_events.decision) as happening,
        consent_events.purpose as detail,
        cast(null as decimal(18, 2)) as amount,
        'consent_events' as feed,
        consent_events.consent_event_id as record_id
    from consent_events
    inner join record_customers
        on
            record_customers.feed = 'consent_events'
            and consent_events.brand_id = record_customers.brand_id
            and consent_events.consent_event_id = record_customers.record_id

    union all

    select
        record_customers.customer_id,
        share_codes.created_at as occurred_at,
        share_codes.brand_id as brand_id,
        cast(null as {{ type_string() }}) as channel,
        'share' as kind,
        'share_code_created' as happening,
        cast(null as {{ type_string() }}) as detail,
        cast(null as decimal(18, 2)) as amount,
        'share_codes' as feed,
        share_codes.share_code as record_id
    from share_codes
    inner join record_customers
        on
            record_customers.feed = 'share_codes'
            and share_codes.brand_id = record_customers.brand_id
            and share_codes.share_code = record_customers.record_id

    union all

    select
        customer_nodes.customer_id,
        customer_nodes.first_seen_at as occurred_at,
        cast(null as {{ type_string() }}) as brand_id,
        cast(null as {{ type_string() }}) as channel,
        'identity' as kind,
        'identifier_joined' as happening,
        customer_nodes.identifier_type as detail,
        cast(null as decimal(18, 2)) as amount,
        'identity' as feed,
        {{ hash_text('customer_nodes.node_key') }} as record_id
    from customer_nodes
)

select * from happenings
where customer_id is not null
