-- depends_on: {{ ref('int_changes__identifier_sets') }}
{{ config(materialized=made_by_key()) }}

with records as (
    select * from {{ ref('int_identity__records') }}
),

event_sets as (
    select * from {{ ref('int_identity__event_sets') }}
),

message_sets as (
    select * from {{ ref('int_identity__message_sets') }}
),

record_sets as (
    select
        identifier_set_id,
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
    where
        coalesce(contact_id, loyalty_card_id, email_key, phone, voucher_code, device_id) is not null
    group by
        identifier_set_id,
        brand_id,
        contact_id,
        loyalty_card_id,
        email_key,
        phone,
        voucher_code,
        device_id
),

gathered as (
    select * from record_sets

    union all

    select
        identifier_set_id,
        brand_id,
        contact_id,
        cast(null as {{ type_string() }}) as loyalty_card_id,
        email_key,
        cast(null as {{ type_string() }}) as phone,
        cast(null as {{ type_string() }}) as voucher_code,
        device_id,
        evidence,
        first_seen_at,
        last_seen_at,
        record_count
    from event_sets

    union all

    select
        identifier_set_id,
        brand_id,
        contact_id,
        cast(null as {{ type_string() }}) as loyalty_card_id,
        email_key,
        phone,
        cast(null as {{ type_string() }}) as voucher_code,
        cast(null as {{ type_string() }}) as device_id,
        evidence,
        first_seen_at,
        last_seen_at,
        record_count
    from message_sets
),

-- Not by the number alone: two sets of one number must be seen, and are refused by its test.
merged as (
    select
        identifier_set_id,
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
        cast(sum(record_count) as bigint) as record_count
    from gathered
    group by
        identifier_set_id,
        brand_id,
        contact_id,
        loyalty_card_id,
        email_key,
        phone,
        voucher_code,
        device_id
)

select * from merged
