with

base_engagement__events as (
    select * from {{ ref('base_engagement__events') }}
),

valid as (
    select * from base_engagement__events where reject_reason_code is null
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
    from ranked
    where version_rank = 1
)

select * from latest
