-- Everybody who is scored, and among whom: the customers of each scope as of as_of (month 0), and
-- all customers as of each month's end. They are scored alike, so a move between segments is the
-- customer's and never one between two definitions.
{{ config(materialized='view') }}

with measures as (
    select customer_id, scope, last_order_at, recency_days, frequency, monetary_amount
    from {{ ref('int_transaction__rfm_measures') }}
),

history_measures as (
    select customer_id, month_number, last_order_at, recency_days, frequency, monetary_amount
    from {{ ref('int_history__rfm_measures') }}
),

populations_united as (
    select
        customer_id,
        scope,
        0 as month_number,
        last_order_at,
        recency_days,
        frequency,
        monetary_amount
    from measures

    union all

    select
        customer_id,
        'all' as scope,
        month_number,
        last_order_at,
        recency_days,
        frequency,
        monetary_amount
    from history_measures
)

select * from populations_united
