-- A message to somebody who never agreed is a complaint to the authority. Whoever may be contacted
-- must have a marketing grant to that very brand among the events that were delivered, under an
-- identifier of their own, for the channel or for all, and nothing against it.
with contactability as (
    select customer_id, brand_id, channel, reason, is_restricted, has_address
    from {{ ref('contactability') }}
    where may_contact
),

consent_events as (
    select brand_id, consent_event_id, channel
    from {{ ref('stg_privacy__consent_events') }}
    where purpose = 'marketing' and decision = 'granted'
),

records as (
    select brand_id, record_id, identifier_set_id
    from {{ ref('int_identity__records') }}
    where feed = 'consent_events'
),

nodes as (
    select identifier_set_id, node_id
    from {{ ref('int_identity__nodes') }}
),

customer_nodes as (
    select node_id, customer_id
    from {{ ref('int_identity__customer_nodes') }}
),

grants as (
    select distinct
        customer_nodes.customer_id,
        consent_events.brand_id,
        consent_events.channel
    from consent_events
    inner join records
        on
            consent_events.brand_id = records.brand_id
            and consent_events.consent_event_id = records.record_id
    inner join nodes
        on records.identifier_set_id = nodes.identifier_set_id
    inner join customer_nodes
        on nodes.node_id = customer_nodes.node_id
),

contacts_checked as (
    select
        contactability.customer_id,
        contactability.brand_id,
        contactability.channel,
        max(contactability.reason) as reason,
        max(case when contactability.is_restricted then 1 else 0 end) as restricted_count,
        min(case when contactability.has_address then 1 else 0 end) as address_count,
        count(grants.customer_id) as grant_count
    from contactability
    left join grants
        on
            contactability.customer_id = grants.customer_id
            and contactability.brand_id = grants.brand_id
            and coalesce(grants.channel, contactability.channel) = contactability.channel
    group by contactability.customer_id, contactability.brand_id, contactability.channel
)

select *
from contacts_checked
where grant_count = 0 or restricted_count > 0 or address_count = 0 or reason is not null
