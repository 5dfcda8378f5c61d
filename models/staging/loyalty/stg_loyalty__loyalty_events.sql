with

base_loyalty__loyalty_events as (
    select * from {{ ref('base_loyalty__loyalty_events') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        event_id as record_id,
        event_id,
        loyalty_card_id,
        event_type,
        contact_id,
        email,
        email_key,
        points,
        tier,
        voucher_code,
        order_id,
        occurred_at
    from base_loyalty__loyalty_events
    where
        reject_reason_code is null
        and version_rank = 1
        and {{ is_retained('loyalty_events', 'occurred_at') }}
)

select * from latest_versions
