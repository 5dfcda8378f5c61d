-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key(), asks_as_of='passed') }}

with

trade_happenings as (
    select * from {{ ref('int_customer__trade_happenings') }}
),

voice_happenings as (
    select * from {{ ref('int_customer__voice_happenings') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

gathered as (
    select * from trade_happenings
    union all
    select * from voice_happenings
),

happened as (
    select
        gathered.customer_id,
        gathered.occurred_at,
        gathered.brand_id,
        gathered.channel,
        gathered.kind,
        gathered.happening,
        gathered.detail,
        gathered.amount,
        gathered.feed,
        gathered.record_id
    from gathered
    cross join as_of
    where gathered.occurred_at <= as_of.as_of_at
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
    from happened
)

select * from numbered
