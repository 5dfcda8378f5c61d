{#
    Whether the person behind a component of one controller lets that controller link them with
    another. Each identifier of a consent event carries the person's last word said under it; one
    withdrawn identifier closes the person, whatever was granted under another: a withdrawal
    survives a merge.
#}
with

decisions as (
    select * from {{ ref('int_privacy__decisions') }}
),

controller_components as (
    select * from {{ ref('int_identity__controller_components') }}
),

decisions_ranked as (
    select
        node_id,
        decision,
        row_number() over (
            partition by node_id
            order by
                decided_at desc nulls first,
                case decision when 'withdrawn' then 0 else 1 end,
                decision_id
        ) as decision_rank
    from decisions
    where
        purpose = 'cross_brand_profiling'
        -- A grant for one channel is no leave to profile; a withdrawal on any channel is a
        -- withdrawal.
        and (channel is null or decision = 'withdrawn')
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
