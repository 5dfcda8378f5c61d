{#
    What a refused consent row, or a refused unsubscription or complaint, may be about: every purpose where
    its own cannot be read, every brand where its brand is none of ours, and whoever uses an identifier
    that it names. The phone is read once more, since without a known brand nobody could tell which
    country it is of.
#}
with

refused_consent_events as (
    select * from {{ ref('stg_privacy__refused_consent_events') }}
),

lasting_refusals as (
    select * from {{ ref('stg_communication__lasting_refusals') }}
),

brands as (
    select * from {{ ref('brands') }}
),

identifier_types as (
    select * from {{ ref('identifier_types') }}
),

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

-- The purposes of the landing contract.
purposes as (
    select 'marketing' as purpose
    union all
    select 'profiling' as purpose
    union all
    select 'cross_brand_profiling' as purpose
    union all
    select 'third_party_sharing' as purpose
),

brand_spellings as (
    select
        brand_id,
        {{ lower_case('trim(brand_id)') }} as spelling
    from brands
),

refusals as (
    select
        'refused' as kind,
        brand_id,
        consent_event_id as refusal_id,
        refusal_number,
        contact_id,
        email_key,
        phone_original,
        purpose,
        channel,
        decided_at
    from refused_consent_events

    union all

    select
        'refused_message' as kind,
        brand_id,
        event_id as refusal_id,
        refusal_number,
        contact_id,
        email_key,
        phone_original,
        'marketing' as purpose,
        channel,
        -- A later grant answers who has unsubscribed; nothing answers a complaint.
        case when event_type = 'unsubscribed' then occurred_at end as decided_at
    from lasting_refusals
    where is_refused
),

refusals_placed as (
    select
        refusals.*,
        brand_spellings.brand_id as spelled_brand_id
    from refusals
    left join brand_spellings
        on {{ lower_case('trim(refusals.brand_id)') }} = brand_spellings.spelling
),

refusals_by_brand as (
    select
        concat_ws(
            '|',
            refusals_placed.kind,
            coalesce(refusals_placed.brand_id, ''),
            coalesce(refusals_placed.refusal_id, ''),
            cast(refusals_placed.refusal_number as {{ type_string() }})
        ) as decision_id,
        brands.brand_id,
        brands.controller_id,
        refusals_placed.contact_id,
        refusals_placed.email_key,
        {{ phone_e164('refusals_placed.phone_original', 'brands.country_code') }} as phone,
        refusals_placed.purpose,
        refusals_placed.channel,
        refusals_placed.decided_at
    from refusals_placed
    cross join brands
    where coalesce(refusals_placed.spelled_brand_id, brands.brand_id) = brands.brand_id
),

identifiers_named as (
    select
        decision_id,
        brand_id,
        controller_id,
        purpose,
        channel,
        decided_at,
        'contact_id' as identifier_type,
        contact_id as identifier_value
    from refusals_by_brand
    where contact_id is not null

    union all

    select
        decision_id,
        brand_id,
        controller_id,
        purpose,
        channel,
        decided_at,
        'email' as identifier_type,
        email_key as identifier_value
    from refusals_by_brand
    where email_key is not null

    union all

    select
        decision_id,
        brand_id,
        controller_id,
        purpose,
        channel,
        decided_at,
        'phone' as identifier_type,
        phone as identifier_value
    from refusals_by_brand
    where phone is not null
),

nodes_by_identifier as (
    select
        identifier_type,
        scope_id,
        identifier_value,
        node_id
    from nodes
    group by identifier_type, scope_id, identifier_value, node_id
),

nodes_named as (
    select
        identifiers_named.decision_id,
        identifiers_named.brand_id,
        identifiers_named.purpose,
        identifiers_named.channel,
        identifiers_named.decided_at,
        nodes_by_identifier.node_id
    from identifiers_named
    inner join identifier_types
        on identifiers_named.identifier_type = identifier_types.identifier_type
    inner join nodes_by_identifier
        on
            identifiers_named.identifier_type = nodes_by_identifier.identifier_type
            and identifiers_named.identifier_value = nodes_by_identifier.identifier_value
            and case identifier_types.scope
                when 'controller' then identifiers_named.controller_id
                else identifiers_named.brand_id
            end = nodes_by_identifier.scope_id
),

purposes_spread as (
    select
        nodes_named.decision_id,
        nodes_named.brand_id,
        nodes_named.node_id,
        purposes.purpose,
        nodes_named.channel,
        nodes_named.decided_at
    from nodes_named
    cross join purposes
    where coalesce(nodes_named.purpose, purposes.purpose) = purposes.purpose
)

select * from purposes_spread
