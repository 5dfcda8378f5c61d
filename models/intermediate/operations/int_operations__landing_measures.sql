-- depends_on: {{ ref('int_changes__deliveries') }}
{{ config(materialized=made_by_key()) }}

with

contacts as (
    select
        'contacts' as feed,
        brand_id,
        load_date,
        {{ landing_measures('contacts') }} as measures
    from {{ ref('base_contact__contacts') }}
    where load_date is not null
    group by brand_id, load_date
),

orders as (
    select
        'orders' as feed,
        brand_id,
        load_date,
        {{ landing_measures('orders') }} as measures
    from {{ ref('base_transaction__orders') }}
    where load_date is not null
    group by brand_id, load_date
),

order_lines as (
    select
        'order_lines' as feed,
        brand_id,
        load_date,
        {{ landing_measures('order_lines') }} as measures
    from {{ ref('base_transaction__order_lines') }}
    where load_date is not null
    group by brand_id, load_date
),

returns as (
    select
        'returns' as feed,
        brand_id,
        load_date,
        {{ landing_measures('returns') }} as measures
    from {{ ref('base_transaction__returns') }}
    where load_date is not null
    group by brand_id, load_date
),

products as (
    select
        'products' as feed,
        brand_id,
        load_date,
        {{ landing_measures('products') }} as measures
    from {{ ref('base_transaction__products') }}
    where load_date is not null
    group by brand_id, load_date
),

events as (
    select
        'events' as feed,
        brand_id,
        load_date,
        {{ landing_measures('events') }} as measures
    from {{ ref('base_engagement__events') }}
    where load_date is not null
    group by brand_id, load_date
),

share_codes as (
    select
        'share_codes' as feed,
        brand_id,
        load_date,
        {{ landing_measures('share_codes') }} as measures
    from {{ ref('base_engagement__share_codes') }}
    where load_date is not null
    group by brand_id, load_date
),

reviews as (
    select
        'reviews' as feed,
        brand_id,
        load_date,
        {{ landing_measures('reviews') }} as measures
    from {{ ref('base_engagement__reviews') }}
    where load_date is not null
    group by brand_id, load_date
),

survey_responses as (
    select
        'survey_responses' as feed,
        brand_id,
        load_date,
        {{ landing_measures('survey_responses') }} as measures
    from {{ ref('base_engagement__survey_responses') }}
    where load_date is not null
    group by brand_id, load_date
),

campaigns as (
    select
        'campaigns' as feed,
        brand_id,
        load_date,
        {{ landing_measures('campaigns') }} as measures
    from {{ ref('base_communication__campaigns') }}
    where load_date is not null
    group by brand_id, load_date
),

campaign_controls as (
    select
        'campaign_controls' as feed,
        brand_id,
        load_date,
        {{ landing_measures('campaign_controls') }} as measures
    from {{ ref('base_communication__campaign_controls') }}
    where load_date is not null
    group by brand_id, load_date
),

message_events as (
    select
        'message_events' as feed,
        brand_id,
        load_date,
        {{ landing_measures('message_events') }} as measures
    from {{ ref('base_communication__message_events') }}
    where load_date is not null
    group by brand_id, load_date
),

service_interactions as (
    select
        'service_interactions' as feed,
        brand_id,
        load_date,
        {{ landing_measures('service_interactions') }} as measures
    from {{ ref('base_communication__service_interactions') }}
    where load_date is not null
    group by brand_id, load_date
),

loyalty_events as (
    select
        'loyalty_events' as feed,
        brand_id,
        load_date,
        {{ landing_measures('loyalty_events') }} as measures
    from {{ ref('base_loyalty__loyalty_events') }}
    where load_date is not null
    group by brand_id, load_date
),

consent_events as (
    select
        'consent_events' as feed,
        brand_id,
        load_date,
        {{ landing_measures('consent_events') }} as measures
    from {{ ref('base_privacy__consent_events') }}
    where load_date is not null
    group by brand_id, load_date
),

privacy_requests as (
    select
        'privacy_requests' as feed,
        brand_id,
        load_date,
        {{ landing_measures('privacy_requests') }} as measures
    from {{ ref('base_privacy__privacy_requests') }}
    where load_date is not null
    group by brand_id, load_date
),

united as (
    select * from contacts
    union all
    select * from orders
    union all
    select * from order_lines
    union all
    select * from returns
    union all
    select * from products
    union all
    select * from events
    union all
    select * from share_codes
    union all
    select * from reviews
    union all
    select * from survey_responses
    union all
    select * from campaigns
    union all
    select * from campaign_controls
    union all
    select * from message_events
    union all
    select * from service_interactions
    union all
    select * from loyalty_events
    union all
    select * from consent_events
    union all
    select * from privacy_requests
),

exploded as (
    select
        feed,
        brand_id,
        load_date,
        {{ exploded('measures') }} as measured
    from united
),

-- A delivery without a value of its kind has no quantile: a number that nobody has is no measure.
named as (
    select
        feed,
        brand_id,
        load_date,
        (measured).measure as measure,
        (measured).column_name as column_name,
        (measured).column_value as column_value,
        (measured).number as measured_number
    from exploded
    where (measured).number is not null
)

select * from named
