with

trade_happenings as (
    select * from {{ ref('int_customer__trade_happenings') }}
),

voice_happenings as (
    select * from {{ ref('int_customer__voice_happenings') }}
),

gathered as (
    select * from trade_happenings
    union all
    select * from voice_happenings
),

numbered as (
    select
        {{ hash_text(
            "concat(customer_id, '|', coalesce(brand_id, ''), '|', feed, '|', record_id)"
        ) }} as timeline_id,
        customer_id,
        occurred_at,
        brand_id,
        channel,
        kind,
        happening,
        detail,
        amount,
        feed,
        record_id
    from gathered
)

select * from numbered
