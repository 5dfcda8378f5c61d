{#
    Whether the person behind a component of one controller lets that controller link them with
    another. Each identifier of a consent event carries the person's last word said under it; one
    withdrawn identifier closes the person, whatever was granted under another: a withdrawal
    survives a merge.
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

controller_components as (
    select * from {{ ref('int_identity__controller_components') }}
),

decisions_gathered as (
    select
        decision_nodes.node_id,
        consent_events.consent_event_id,
        consent_events.decided_at,
        consent_events.decision
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
        consent_events.purpose = 'cross_brand_profiling'
        and consent_events.decided_at <= as_of.as_of_at
        -- A grant for one channel is no leave to profile; a withdrawal on any channel is a
        -- withdrawal.
        and (consent_events.channel is null or consent_events.decision = 'withdrawn')
),

decisions_ranked as (
    select
        node_id,
        decision,
        row_number() over (
            partition by node_id
            order by
                decided_at desc,
                case decision when 'withdrawn' then 0 else 1 end,
                consent_event_id
        ) as decision_rank
    from decisions_gathered
),

consents as (
    select
        controller_components.component_id as controller_component_id,
        min(case decisions_ranked.decision when 'granted' then 1 else 0 end) = 1 as is_granted
    from decisions_ranked
    inner join controller_components
        on decisions_ranked.node_id = controller_components.node_id
    where decisions_ranked.decision_rank = 1
    group by controller_components.component_id
)

select * from consents
