{{ config(materialized=tells_changes(), key=['brand_id', 'load_date']) }}

-- A feed that is loaded by file is told by its files, which stand for their rows
-- (docs/incremental.md); the rest, which is read anew by each build, by its rows.
with contacts as (
    select brand_id, load_date, reading_id, landing_file_id, reject_reason_code
    from {{ ref('base_contact__contacts') }}
),

orders as (
    select brand_id, load_date, reading_id, landing_file_id, reject_reason_code
    from {{ ref('base_transaction__orders') }}
),

order_lines as (
    select brand_id, load_date, reading_id, landing_file_id, reject_reason_code
    from {{ ref('base_transaction__order_lines') }}
),

events as (
    select brand_id, load_date, reading_id, landing_file_id, reject_reason_code
    from {{ ref('base_engagement__events') }}
),

message_events as (
    select brand_id, load_date, reading_id, landing_file_id, reject_reason_code
    from {{ ref('base_communication__message_events') }}
),

loyalty_events as (
    select brand_id, load_date, reading_id, landing_file_id, reject_reason_code
    from {{ ref('base_loyalty__loyalty_events') }}
),

consent_events as (
    select brand_id, load_date, reading_id, landing_file_id, reject_reason_code
    from {{ ref('base_privacy__consent_events') }}
),

returns as (
    select * from {{ ref('base_transaction__returns') }}
),

products as (
    select * from {{ ref('base_transaction__products') }}
),

share_codes as (
    select * from {{ ref('base_engagement__share_codes') }}
),

reviews as (
    select * from {{ ref('base_engagement__reviews') }}
),

survey_responses as (
    select * from {{ ref('base_engagement__survey_responses') }}
),

campaigns as (
    select * from {{ ref('base_communication__campaigns') }}
),

campaign_controls as (
    select * from {{ ref('base_communication__campaign_controls') }}
),

service_interactions as (
    select * from {{ ref('base_communication__service_interactions') }}
),

privacy_requests as (
    select * from {{ ref('base_privacy__privacy_requests') }}
),

rows_hashed as (
    select
        brand_id,
        load_date,
        'contacts' as feed,
        {{ hash_relation_row('contacts') }} as row_hash
    from contacts

    union all

    select
        brand_id,
        load_date,
        'orders' as feed,
        {{ hash_relation_row('orders') }} as row_hash
    from orders

    union all

    select
        brand_id,
        load_date,
        'order_lines' as feed,
        {{ hash_relation_row('order_lines') }} as row_hash
    from order_lines

    union all

    select
        brand_id,
        load_date,
        'events' as feed,
        {{ hash_relation_row('events') }} as row_hash
    from events

    union all

    select
        brand_id,
        load_date,
        'message_events' as feed,
        {{ hash_relation_row('message_events') }} as row_hash
    from message_events

    union all

    select
        brand_id,
        load_date,
        'loyalty_events' as feed,
        {{ hash_relation_row('loyalty_events') }} as row_hash
    from loyalty_events

    union all

    select
        brand_id,
        load_date,
        'consent_events' as feed,
        {{ hash_relation_row('consent_events') }} as row_hash
    from consent_events

    union all

    select
        brand_id,
        load_date,
        'returns' as feed,
        {{ hash_relation_row('returns') }} as row_hash
    from returns

    union all

    select
        brand_id,
        load_date,
        'products' as feed,
        {{ hash_relation_row('products') }} as row_hash
    from products

    union all

    select
        brand_id,
        load_date,
        'share_codes' as feed,
        {{ hash_relation_row('share_codes') }} as row_hash
    from share_codes

    union all

    select
        brand_id,
        load_date,
        'reviews' as feed,
        {{ hash_relation_row('reviews') }} as row_hash
    from reviews

    union all

    select
        brand_id,
        load_date,
        'survey_responses' as feed,
        {{ hash_relation_row('survey_responses') }} as row_hash
    from survey_responses

    union all

    select
        brand_id,
        load_date,
        'campaigns' as feed,
        {{ hash_relation_row('campaigns') }} as row_hash
    from campaigns

    union all

    select
        brand_id,
        load_date,
        'campaign_controls' as feed,
        {{ hash_relation_row('campaign_controls') }} as row_hash
    from campaign_controls

    union all

    select
        brand_id,
        load_date,
        'service_interactions' as feed,
        {{ hash_relation_row('service_interactions') }} as row_hash
    from service_interactions

    union all

    select
        brand_id,
        load_date,
        'privacy_requests' as feed,
        {{ hash_relation_row('privacy_requests') }} as row_hash
    from privacy_requests
),

states_summed as (
    select
        brand_id,
        load_date,
        sum(cast({{ hash_relation_row('rows_hashed') }} as decimal(20, 0))) as state
    from rows_hashed
    where load_date is not null and brand_id is not null
    group by brand_id, load_date
)

select * from states_summed
