{#
    Consent fails closed: no row, no consent. Each identifier named by a consent event carries the
    last word said under it; one identifier of the customer whose last word is "withdrawn" closes
    the channel, whatever was granted under another, so a withdrawal survives every merge. A withdrawal
    on a channel that nobody knows closes every channel; a grant on one opens none.
#}
-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}
with

decisions as (
    select * from {{ ref('int_privacy__decisions') }}
),

channels as (
    select * from {{ ref('channels') }}
),

customer_nodes as (
    select * from {{ ref('int_identity__customer_nodes') }}
),

channel_spellings as (
    select
        channel,
        channel as spelling
    from channels
    union
    select
        channel,
        {{ lower_case('channel_name') }} as spelling
    from channels
),

decisions_by_channel as (
    -- A decision without a channel is about every channel.
    select
        decisions.decision_id,
        decisions.node_id,
        decisions.brand_id,
        decisions.purpose,
        channels.channel,
        decisions.decision,
        decisions.decided_at
    from decisions
    left join channel_spellings
        on {{ lower_case('decisions.channel') }} = channel_spellings.spelling
    inner join channels
        on
            channel_spellings.channel = channels.channel
            or (
                channel_spellings.channel is null
                and (decisions.channel is null or decisions.decision = 'withdrawn')
            )
),

decisions_ranked as (
    -- Nothing is known to come after a refused row whose time cannot be read.
    select
        node_id,
        brand_id,
        purpose,
        channel,
        decision,
        decided_at,
        row_number() over (
            partition by node_id, brand_id, purpose, channel
            order by
                decided_at desc nulls first,
                case decision when 'withdrawn' then 0 else 1 end,
                decision_id
        ) as decision_rank
    from decisions_by_channel
),

last_words as (
    select
        customer_nodes.customer_id,
        decisions_ranked.brand_id,
        decisions_ranked.purpose,
        decisions_ranked.channel,
        decisions_ranked.decision,
        decisions_ranked.decided_at
    from decisions_ranked
    inner join customer_nodes
        on decisions_ranked.node_id = customer_nodes.node_id
    where decisions_ranked.decision_rank = 1
),

consents as (
    select
        customer_id,
        brand_id,
        purpose,
        channel,
        min(case decision when 'granted' then 1 else 0 end) = 1 as is_granted,
        max(decided_at) as decided_at
    from last_words
    group by customer_id, brand_id, purpose, channel
)

select * from consents
