with

base_engagement__events as (
    select * from {{ ref('base_engagement__events') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        event_id as record_id,
        event_id,
        event_type,
        occurred_at,
        device_id,
        contact_id,
        email,
        email_key,
        platform,
        page_url,
        referrer_url,
        utm_source,
        utm_medium,
        utm_campaign,
        product_id,
        category,
        search_term,
        order_id,
        message_id,
        share_code,
        event_value,
        user_agent
    from base_engagement__events
    where
        reject_reason_code is null
        and version_rank = 1
        and {{ is_retained('events', 'occurred_at') }}
)

select * from latest_versions
