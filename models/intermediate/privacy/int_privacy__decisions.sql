{#
    Every word that counts about what a brand may do, by the node of the identity graph that it speaks for.
    Permissions are the one thing that does not stop at as_of: what was granted later opens nothing, as
    if it had not been said; what was withdrawn later closes, since to act on somebody against their last
    known will is wrong whichever day a build looks back from. What staging refused only ever closes.
#}
with

consent_events as (
    select * from {{ ref('stg_privacy__consent_events') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

records as (
    select * from {{ ref('int_identity__records') }}
),

decision_nodes as (
    select * from {{ ref('int_privacy__decision_nodes') }}
),

refused_decisions as (
    select * from {{ ref('int_privacy__refused_decisions') }}
),

decisions_read as (
    select
        consent_events.consent_event_id as decision_id,
        consent_events.brand_id,
        decision_nodes.node_id,
        consent_events.purpose,
        consent_events.channel,
        consent_events.decision,
        consent_events.decided_at
    from consent_events
    cross join as_of
    inner join records
        on
            records.feed = 'consent_events'
            and consent_events.brand_id = records.brand_id
            and consent_events.consent_event_id = records.record_id
    inner join decision_nodes
        on
            records.identifier_set_id = decision_nodes.identifier_set_id
            and (decision_nodes.is_told or consent_events.decision = 'withdrawn')
    where
        consent_events.decided_at <= as_of.as_of_at
        or consent_events.decision = 'withdrawn'
),

decisions as (
    select
        decision_id,
        brand_id,
        node_id,
        purpose,
        channel,
        decision,
        decided_at,
        false as is_refused
    from decisions_read

    union all

    select
        decision_id,
        brand_id,
        node_id,
        purpose,
        channel,
        'withdrawn' as decision,
        decided_at,
        true as is_refused
    from refused_decisions
)

select * from decisions
