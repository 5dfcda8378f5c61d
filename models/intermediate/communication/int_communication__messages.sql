-- depends_on: {{ ref('base_communication__message_events') }}
-- depends_on: {{ ref('stg_privacy__retention_cuts') }}
-- depends_on: {{ ref('int_operations__as_of') }}
{{ config(
    materialized=loaded_by_file(),
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook=[
        "{{ follow_reading(ref('int_communication__message_events')) }}",
        "{{ follow_as_of() }}",
        "{{ follow_retention('message_events') }}",
        "{{ find_changes(messages_passed_by_as_of() ~ ' union ' ~ messages_passed_by_retention() ~ ' union ' ~ changed_messages() ~ ' union ' ~ messages_judged_anew()) }}",
        "{{ forget_changes(['brand_id', 'message_id']) }}",
    ],
    post_hook="{{ finish_loading() }}"
) }}

with message_events as (
    select
        brand_id,
        message_id,
        campaign_id,
        channel,
        direction,
        event_type,
        contact_id,
        email_key,
        phone,
        device_id,
        bounce_type,
        event_number,
        is_robot,
        campaign_link_count,
        occurred_at
    from {{ ref('int_communication__message_events') }}
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

-- Who a message went to is told by the earliest of its events that says so.
messages_summed as (
    select
        brand_id,
        message_id,
        {{ first_by('channel', 'event_number') }} as channel,
        {{ first_by('direction', 'event_number') }} as direction,
        {{ first_by('campaign_id', 'event_number') }} as campaign_id,
        {{ first_by('contact_id', 'event_number') }} as contact_id,
        {{ first_by('email_key', 'event_number') }} as email_key,
        {{ first_by('phone', 'event_number') }} as phone,
        {{ first_by('device_id', 'event_number') }} as device_id,
        {{ first_by('campaign_link_count', 'campaign_id') }} as campaign_link_count,
        count(case when event_type = 'opened' and not is_robot then 1 end) as opened_count,
        count(case when event_type = 'clicked' and not is_robot then 1 end) as clicked_count,
        count(case when event_type = 'sent' then 1 end) as sent_count,
        count(case when event_type = 'delivered' then 1 end) as delivered_count,
        count(case when event_type = 'bounced' then 1 end) as bounced_count,
        count(case when event_type = 'bounced' and bounce_type = 'hard' then 1 end)
            as hard_bounced_count,
        count(case when event_type = 'unsubscribed' then 1 end) as unsubscribed_count,
        count(case when event_type = 'complained' then 1 end) as complained_count,
        count(case when event_type = 'replied' then 1 end) as replied_count,
        count(case when event_type = 'received' then 1 end) as received_count,
        count(case when event_type = 'failed' then 1 end) as failed_count,
        coalesce(
            min(case when event_type in ('sent', 'received') then occurred_at end),
            min(occurred_at)
        ) as sent_at,
        min(case when event_type = 'opened' and not is_robot then occurred_at end)
            as first_opened_at,
        min(case when event_type = 'clicked' and not is_robot then occurred_at end)
            as first_clicked_at
    from message_events
    group by brand_id, message_id
),

outcomes_told as (
    select
        brand_id,
        message_id,
        campaign_id,
        contact_id,
        email_key,
        phone,
        device_id,
        channel,
        direction,
        -- The furthest that the message came: what the person did, else how far it was carried.
        case
            when complained_count > 0 then 'complained'
            when unsubscribed_count > 0 then 'unsubscribed'
            when replied_count > 0 then 'replied'
            when clicked_count > 0 then 'clicked'
            when opened_count > 0 then 'opened'
            when hard_bounced_count > 0 then 'bounced'
            when delivered_count > 0 then 'delivered'
            when bounced_count > 0 then 'bounced'
            when failed_count > 0 then 'failed'
            when received_count > 0 then 'received'
            when sent_count > 0 then 'sent'
            else 'unknown'
        end as outcome,
        opened_count,
        clicked_count,
        delivered_count > 0 as is_delivered,
        bounced_count > 0 as is_bounced,
        hard_bounced_count > 0 as is_hard_bounced,
        unsubscribed_count > 0 as is_unsubscribed,
        complained_count > 0 as is_complained,
        replied_count > 0 as is_replied,
        sent_at,
        first_opened_at,
        first_clicked_at,
        campaign_link_count,
        {{ reading_id() }} as reading_id,
        {{ read_number() }} as read_number
    from messages_summed
)

select * from outcomes_told
