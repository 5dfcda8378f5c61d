-- The links of a campaign are those that anybody clicked in it up to as_of: the contract holds no
-- list of them.
with as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

message_events as (
    select
        brand_id,
        campaign_id,
        link_url,
        event_type,
        occurred_at
    from {{ ref('stg_communication__message_events') }}
),

clicks as (
    select
        message_events.brand_id,
        message_events.campaign_id,
        split_part(split_part(message_events.link_url, '?', 1), '#', 1) as link_url
    from message_events
    cross join as_of
    where
        message_events.event_type = 'clicked'
        and message_events.link_url is not null
        and message_events.campaign_id is not null
        and message_events.occurred_at <= as_of.as_of_at
),

links_counted as (
    select
        brand_id,
        campaign_id,
        count(distinct link_url) as link_count
    from clicks
    group by brand_id, campaign_id
)

select * from links_counted
