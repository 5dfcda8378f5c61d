{#
    A customer's story in months. The chronology itself, happening by happening, stays in the
    warehouse: moments and their order tell somebody apart.
#}
-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}
with

customer_timeline as (
    select * from {{ ref('customer_timeline') }}
),

timeline_dated as (
    select
        customer_id,
        brand_id,
        kind,
        amount,
        {{ month_number('occurred_at') }} as month_number
    from customer_timeline
    where brand_id is not null
),

months_counted as (
    select
        customer_id,
        {{ month_start('month_number') }} as month_date,
        brand_id,
        kind,
        count(*) as happening_count,
        cast(coalesce(sum(amount), 0) as decimal(18, 2)) as happening_amount
    from timeline_dated
    group by customer_id, month_number, brand_id, kind
)

select * from months_counted
