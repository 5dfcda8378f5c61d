{#
    Consent fails closed: no row, no consent. Each identifier named by a consent event carries the
    last word said under it; one identifier of the customer whose last word is "withdrawn" closes
    the channel, whatever was granted under another, so a withdrawal survives every merge. A withdrawal
    on a channel that nobody knows closes every channel; a grant on one opens none.
#}
with

consent_events as (
    select * from {{ ref('stg_privacy__consent_events') }}
),

channels as (
    select * from {{ ref('channels') }}
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
        lower(channel_name) as spelling
    from channels
),

decisions_by_channel as (
    -- A decision without a channel is about every channel.
    select
        consent_events.brand_id,
        consent_events.consent_event_id,
        consent_events.purpose,
        channels.channel,
        consent_events.decision,
        consent_events.decided_at
    from consent_events
    cross join as_of
    left join channel_spellings
        on lower(consent_events.channel) = channel_spellings.spelling
    inner join channels
        on
            channel_spellings.channel = channels.channel
            or (
                channel_spellings.channel is null
                and (consent_events.channel is null or consent_events.decision = 'withdrawn')
            )
    where consent_events.decided_at <= as_of.as_of_at
),

decisions_ranked as (
    select
        decision_nodes.node_id,
        decisions_by_channel.brand_id,
        decisions_by_channel.purpose,
        decisions_by_channel.channel,
        decisions_by_channel.decision,
        decisions_by_channel.decided_at,
        row_number() over (
            partition by
                decision_nodes.node_id,
                decisions_by_channel.brand_id,
                decisions_by_channel.purpose,
                decisions_by_channel.channel
            order by
                decisions_by_channel.decided_at desc,
                case decisions_by_channel.decision when 'withdrawn' then 0 else 1 end,
                decisions_by_channel.consent_event_id
        ) as decision_rank
    from decisions_by_channel
    inner join records
        on
            records.feed = 'consent_events'
            and decisions_by_channel.brand_id = records.brand_id
            and decisions_by_channel.consent_event_id = records.record_id
    inner join decision_nodes
        on
            records.identifier_set_id = decision_nodes.identifier_set_id
            and (decision_nodes.is_told or decisions_by_channel.decision = 'withdrawn')
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
