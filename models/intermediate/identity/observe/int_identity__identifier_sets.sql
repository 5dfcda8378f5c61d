with

records as (
    select * from {{ ref('int_identity__records') }}
),

events as (
    select * from {{ ref('stg_engagement__events') }}
),

message_events as (
    select * from {{ ref('stg_communication__message_events') }}
),

record_sets as (
    select
        brand_id,
        contact_id,
        loyalty_card_id,
        email_key,
        phone,
        voucher_code,
        device_id,
        min(concat(feed, '|', record_id)) as evidence,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        count(*) as record_count
    from records
    group by brand_id, contact_id, loyalty_card_id, email_key, phone, voucher_code, device_id
),

event_sets as (
    select
        brand_id,
        contact_id,
        cast(null as {{ type_string() }}) as loyalty_card_id,
        email_key,
        cast(null as {{ type_string() }}) as phone,
        cast(null as {{ type_string() }}) as voucher_code,
        device_id,
        concat('events|', min(event_id)) as evidence,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        count(*) as record_count
    from events
    group by brand_id, contact_id, email_key, device_id
),

message_sets as (
    select
        brand_id,
        contact_id,
        cast(null as {{ type_string() }}) as loyalty_card_id,
        email_key,
        phone,
        cast(null as {{ type_string() }}) as voucher_code,
        -- A push token is where a message went, not where somebody logged in.
        cast(null as {{ type_string() }}) as device_id,
        concat('message_events|', min(event_id)) as evidence,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        count(*) as record_count
    from message_events
    group by brand_id, contact_id, email_key, phone
),

gathered as (
    select * from record_sets
    union all
    select * from event_sets
    union all
    select * from message_sets
),

merged as (
    select
        brand_id,
        contact_id,
        loyalty_card_id,
        email_key,
        phone,
        voucher_code,
        device_id,
        min(evidence) as evidence,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        sum(record_count) as record_count
    from gathered
    where
        coalesce(contact_id, loyalty_card_id, email_key, phone, voucher_code, device_id) is not null
    group by brand_id, contact_id, loyalty_card_id, email_key, phone, voucher_code, device_id
),

numbered as (
    select
        {{ identifier_set_id(
            'brand_id', 'contact_id', 'loyalty_card_id', 'email_key', 'phone', 'voucher_code',
            'device_id'
        ) }} as identifier_set_id,
        brand_id,
        contact_id,
        loyalty_card_id,
        email_key,
        phone,
        voucher_code,
        device_id,
        evidence,
        first_seen_at,
        last_seen_at,
        cast(record_count as bigint) as record_count
    from merged
)

select * from numbered
