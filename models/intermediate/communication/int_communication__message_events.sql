-- depends_on: {{ ref('base_communication__message_events') }}
-- depends_on: {{ ref('stg_privacy__retention_cuts') }}
{{ config(
    materialized=loaded_by_file(),
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook=[
        "{{ follow_reading(ref('base_communication__message_events'), ref('stg_communication__message_events')) }}",
        "{{ follow_as_of() }}",
        "{{ follow_retention('message_events') }}",
        "{{ find_changes(messages_passed_by_as_of() ~ ' union ' ~ messages_passed_by_retention() ~ ' union ' ~ changed_messages() ~ ' union ' ~ messages_of_changed_campaigns()) }}",
        "{{ forget_changes(['brand_id', 'message_id']) }}",
    ],
    post_hook="{{ finish_loading() }}"
) }}

-- Which opens and clicks a machine made. They are kept and marked, and count nowhere. What came
-- after as_of is left out here, once for all that is told of messages: a click of tomorrow must
-- neither count today nor show which links a message of today has.
with stg_message_events as (
    select
        brand_id,
        event_id,
        message_id,
        campaign_id,
        channel,
        direction,
        event_type,
        contact_id,
        email_key,
        phone,
        device_id,
        split_part(split_part(link_url, '?', 1), '#', 1) as link_url,
        bounce_type,
        is_machine,
        occurred_at
    from {{ ref('stg_communication__message_events') }}
    -- incremental or whole
    {% if is_incremental() %}
        where (brand_id, message_id) in (
            select
                changes.brand_id,
                changes.message_id
            from {{ changes() }} as changes
        )
    {% endif %}
    -- in any case
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

message_events as (
    select
        stg_message_events.brand_id,
        stg_message_events.event_id,
        stg_message_events.message_id,
        stg_message_events.campaign_id,
        stg_message_events.channel,
        stg_message_events.direction,
        stg_message_events.event_type,
        stg_message_events.contact_id,
        stg_message_events.email_key,
        stg_message_events.phone,
        stg_message_events.device_id,
        stg_message_events.link_url,
        stg_message_events.bounce_type,
        stg_message_events.is_machine,
        stg_message_events.occurred_at
    from stg_message_events
    cross join as_of
    where stg_message_events.occurred_at <= as_of.as_of_at
),

campaign_links as (
    select
        brand_id,
        campaign_id,
        link_count
    from {{ ref('int_communication__campaign_links') }}
),

events_numbered as (
    select
        brand_id,
        event_id,
        message_id,
        campaign_id,
        channel,
        direction,
        event_type,
        contact_id,
        email_key,
        phone,
        device_id,
        link_url,
        bounce_type,
        is_machine,
        row_number() over (
            partition by brand_id, message_id
            order by occurred_at, event_id
        ) as event_number,
        coalesce(
            min(case when event_type = 'delivered' then occurred_at end) over (
                partition by brand_id, message_id
                order by occurred_at, event_id
                rows between unbounded preceding and unbounded following
            ),
            min(case when event_type = 'sent' then occurred_at end) over (
                partition by brand_id, message_id
                order by occurred_at, event_id
                rows between unbounded preceding and unbounded following
            )
        ) as delivered_at,
        occurred_at
    from message_events
),

clicks as (
    select
        brand_id,
        message_id,
        campaign_id,
        event_id,
        event_number,
        link_url,
        {{ epoch_microseconds('occurred_at') }} as clicked_microseconds
    from events_numbered
    where event_type = 'clicked' and link_url is not null
),

message_links as (
    select
        brand_id,
        message_id,
        min(campaign_id) as campaign_id,
        count(distinct link_url) as clicked_link_count
    from clicks
    group by brand_id, message_id
    having count(distinct link_url) >= 2
),

-- The links of a message are those of its campaign, or its own where it has no campaign.
-- Only a message whose every known link was clicked at all can have had them clicked at once.
messages_fully_clicked as (
    select
        message_links.brand_id,
        message_links.message_id,
        message_links.clicked_link_count as link_count
    from message_links
    left join campaign_links
        on
            message_links.brand_id = campaign_links.brand_id
            and message_links.campaign_id = campaign_links.campaign_id
    where
        message_links.clicked_link_count
        = coalesce(campaign_links.link_count, message_links.clicked_link_count)
),

clicks_suspected as (
    select
        clicks.brand_id,
        clicks.message_id,
        clicks.event_id,
        clicks.link_url,
        clicks.clicked_microseconds,
        messages_fully_clicked.link_count
    from clicks
    inner join messages_fully_clicked
        on
            clicks.brand_id = messages_fully_clicked.brand_id
            and clicks.message_id = messages_fully_clicked.message_id
),

-- A burst opens at a click within `robot_seconds` from which every link is clicked.
bursts as (
    select
        openings.brand_id,
        openings.message_id,
        openings.clicked_microseconds as opened_microseconds
    from clicks_suspected as openings
    inner join clicks_suspected as followers
        on
            openings.brand_id = followers.brand_id
            and openings.message_id = followers.message_id
            and followers.clicked_microseconds between openings.clicked_microseconds
            and openings.clicked_microseconds + {{ var('robot_seconds') | int * 1000000 }}
    group by openings.brand_id, openings.message_id, openings.clicked_microseconds
    having count(distinct followers.link_url) = min(openings.link_count)
),

burst_clicks as (
    select distinct
        clicks_suspected.brand_id,
        clicks_suspected.event_id
    from clicks_suspected
    inner join bursts
        on
            clicks_suspected.brand_id = bursts.brand_id
            and clicks_suspected.message_id = bursts.message_id
            and clicks_suspected.clicked_microseconds between bursts.opened_microseconds
            and bursts.opened_microseconds + {{ var('robot_seconds') | int * 1000000 }}
),

robots_marked as (
    select
        events_numbered.brand_id,
        events_numbered.event_id,
        events_numbered.message_id,
        events_numbered.campaign_id,
        events_numbered.channel,
        events_numbered.direction,
        events_numbered.event_type,
        events_numbered.contact_id,
        events_numbered.email_key,
        events_numbered.phone,
        events_numbered.device_id,
        events_numbered.link_url,
        events_numbered.bounce_type,
        events_numbered.event_number,
        (
            events_numbered.event_type in ('opened', 'clicked')
            and (
                coalesce(events_numbered.is_machine, false)
                or coalesce(
                    abs(
                        {{ epoch_microseconds('events_numbered.occurred_at') }}
                        - {{ epoch_microseconds('events_numbered.delivered_at') }}
                    ) <= {{ var('robot_seconds') | int * 1000000 }},
                    false
                )
                or burst_clicks.event_id is not null
            )
        ) as is_robot,
        case
            when events_numbered.event_type = 'clicked' and events_numbered.link_url is not null
                then campaign_links.link_count
        end as campaign_link_count,
        events_numbered.occurred_at,
        {{ reading_id() }} as reading_id,
        {{ read_number() }} as read_number
    from events_numbered
    left join burst_clicks
        on
            events_numbered.brand_id = burst_clicks.brand_id
            and events_numbered.event_id = burst_clicks.event_id
    left join campaign_links
        on
            events_numbered.brand_id = campaign_links.brand_id
            and events_numbered.campaign_id = campaign_links.campaign_id
)

select * from robots_marked
