with

loyalty_events as (
    select * from {{ ref('stg_loyalty__loyalty_events') }}
),

counted as (
    select
        brand_id,
        voucher_code,
        count(distinct loyalty_card_id) as issued_card_count
    from loyalty_events
    where
        event_type = 'voucher_issued'
        and voucher_code is not null
    group by brand_id, voucher_code
)

select * from counted
