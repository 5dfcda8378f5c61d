-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key(), keyless='anew') }}
with

record_customers as (
    select * from {{ ref('int_identity__record_customers') }}
),

link_rules as (
    select * from {{ ref('link_rules') }}
),

records as (
    select
        record_customers.brand_id,
        record_customers.feed,
        record_customers.record_id,
        record_customers.customer_id,
        record_customers.link_rule,
        link_rules.confidence as link_confidence
    from record_customers
    left join link_rules
        on record_customers.link_rule = link_rules.link_rule
)

select * from records
