with

base_communication__message_events as (
    select * from {{ ref('base_communication__message_events') }}
),

valid as (
    select * from base_communication__message_events where reject_reason_code is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, event_id
            order by load_date desc, version_hash desc
        ) as version_rank
    from valid
),

latest as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        record_id,
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
    from ranked
    where version_rank = 1
)

select * from latest
