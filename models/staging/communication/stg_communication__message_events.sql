with

base_communication__message_events as (
    select * from {{ ref('base_communication__message_events') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        event_id as record_id,
        event_id,
        message_id,
        campaign_id,
        channel,
        direction,
        event_type,
        contact_id,
        email,
        email_key,
        phone,
        phone_original,
        device_id,
        link_url,
        bounce_type,
        is_machine,
        occurred_at
    from base_communication__message_events
    where
        reject_reason_code is null
        and version_rank = 1
        and {{ is_retained('message_events', 'occurred_at') }}
)

select * from latest_versions
