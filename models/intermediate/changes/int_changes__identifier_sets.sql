{{ config(materialized=tells_changes(), key='identifier_set_id') }}

-- What a build writes beside them (who read them, and when) is left out: it tells of no change.
with records as (
    select
        identifier_set_id,
        brand_id,
        contact_id,
        loyalty_card_id,
        email_key,
        phone,
        voucher_code,
        device_id,
        feed,
        record_id,
        first_seen_at,
        last_seen_at
    from {{ ref('int_identity__records') }}
),

event_sets as (
    select
        identifier_set_id,
        brand_id,
        contact_id,
        email_key,
        device_id,
        evidence,
        first_seen_at,
        last_seen_at,
        record_count
    from {{ ref('int_identity__event_sets') }}
),

message_sets as (
    select
        identifier_set_id,
        brand_id,
        contact_id,
        email_key,
        phone,
        evidence,
        first_seen_at,
        last_seen_at,
        record_count
    from {{ ref('int_identity__message_sets') }}
),

rows_hashed as (
    select
        identifier_set_id,
        {{ hash_relation_row('records') }} as row_hash
    from records

    union all

    select
        identifier_set_id,
        {{ hash_relation_row('event_sets') }} as row_hash
    from event_sets

    union all

    select
        identifier_set_id,
        {{ hash_relation_row('message_sets') }} as row_hash
    from message_sets
),

-- A sum, since it asks for no order of the rows.
states_summed as (
    select
        identifier_set_id,
        sum(cast(row_hash as decimal(20, 0))) as state
    from rows_hashed
    group by identifier_set_id
)

select * from states_summed
