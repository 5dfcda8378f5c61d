with

contacts as (
    select
        'contacts' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_contact__contacts') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

orders as (
    select
        'orders' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_transaction__orders') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

order_lines as (
    select
        'order_lines' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_transaction__order_lines') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

returns as (
    select
        'returns' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_transaction__returns') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

products as (
    select
        'products' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_transaction__products') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

events as (
    select
        'events' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_engagement__events') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

share_codes as (
    select
        'share_codes' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_engagement__share_codes') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

reviews as (
    select
        'reviews' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_engagement__reviews') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

survey_responses as (
    select
        'survey_responses' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_engagement__survey_responses') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

campaigns as (
    select
        'campaigns' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_communication__campaigns') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

campaign_controls as (
    select
        'campaign_controls' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_communication__campaign_controls') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

message_events as (
    select
        'message_events' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_communication__message_events') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

service_interactions as (
    select
        'service_interactions' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_communication__service_interactions') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

loyalty_events as (
    select
        'loyalty_events' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_loyalty__loyalty_events') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

consent_events as (
    select
        'consent_events' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_privacy__consent_events') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
),

privacy_requests as (
    select
        'privacy_requests' as feed,
        brand_id,
        load_date,
        landing_signature,
        count(*) as row_count
    from {{ ref('base_privacy__privacy_requests') }}
    where load_date is not null
    group by brand_id, load_date, landing_signature
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
)

select * from united
