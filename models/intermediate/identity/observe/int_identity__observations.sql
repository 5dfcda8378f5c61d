-- depends_on: {{ ref('int_changes__identifier_sets') }}
{{ config(materialized=made_by_key()) }}

with identifier_sets as (
    select * from {{ ref('int_identity__identifier_sets') }}
),

brands as (
    select * from {{ ref('brands') }}
),

identifier_types as (
    select * from {{ ref('identifier_types') }}
),

unpivoted as (
    select
        identifier_set_id,
        brand_id,
        'contact_id' as identifier_type,
        contact_id as identifier_value,
        first_seen_at,
        last_seen_at,
        record_count
    from identifier_sets
    where contact_id is not null

    union all

    select
        identifier_set_id,
        brand_id,
        'loyalty_card_id' as identifier_type,
        loyalty_card_id as identifier_value,
        first_seen_at,
        last_seen_at,
        record_count
    from identifier_sets
    where loyalty_card_id is not null

    union all

    select
        identifier_set_id,
        brand_id,
        'email' as identifier_type,
        email_key as identifier_value,
        first_seen_at,
        last_seen_at,
        record_count
    from identifier_sets
    where email_key is not null

    union all

    select
        identifier_set_id,
        brand_id,
        'phone' as identifier_type,
        phone as identifier_value,
        first_seen_at,
        last_seen_at,
        record_count
    from identifier_sets
    where phone is not null

    union all

    select
        identifier_set_id,
        brand_id,
        'voucher_code' as identifier_type,
        voucher_code as identifier_value,
        first_seen_at,
        last_seen_at,
        record_count
    from identifier_sets
    where voucher_code is not null

    union all

    select
        identifier_set_id,
        brand_id,
        'device_id' as identifier_type,
        device_id as identifier_value,
        first_seen_at,
        last_seen_at,
        record_count
    from identifier_sets
    where device_id is not null
),

scoped as (
    select
        unpivoted.identifier_set_id,
        unpivoted.brand_id,
        unpivoted.identifier_type,
        case identifier_types.scope
            when 'controller' then brands.controller_id
            else brands.brand_id
        end as scope_id,
        brands.controller_id,
        unpivoted.identifier_value,
        identifier_types.role as identifier_role,
        identifier_types.priority,
        unpivoted.first_seen_at,
        unpivoted.last_seen_at,
        unpivoted.record_count
    from unpivoted
    inner join identifier_types
        on unpivoted.identifier_type = identifier_types.identifier_type
    inner join brands
        on unpivoted.brand_id = brands.brand_id
),

keyed as (
    select
        identifier_set_id,
        brand_id,
        identifier_type,
        scope_id,
        controller_id,
        identifier_value,
        identifier_role,
        priority,
        first_seen_at,
        last_seen_at,
        record_count,
        {{ identifier_node_key('identifier_type', 'scope_id', 'identifier_value') }} as node_key
    from scoped
),

numbered as (
    select
        identifier_set_id,
        {{ hash_bigint('node_key') }} as identifier_id,
        node_key as identifier_key,
        identifier_type,
        scope_id,
        controller_id,
        brand_id,
        identifier_value,
        identifier_role,
        priority,
        first_seen_at,
        last_seen_at,
        record_count
    from keyed
)

select * from numbered
