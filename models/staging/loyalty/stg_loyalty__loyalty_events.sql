with

base_loyalty__loyalty_events as (
    select * from {{ ref('base_loyalty__loyalty_events') }}
),

valid as (
    select * from base_loyalty__loyalty_events where reject_reason_code is null
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
    from ranked
    where version_rank = 1
)

select * from latest
