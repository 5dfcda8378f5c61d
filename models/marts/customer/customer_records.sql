with

record_customers as (
    select * from {{ ref('int_identity__record_customers') }}
),

records as (
    select
        brand_id,
        feed,
        record_id,
        customer_id,
        link_rule
    from record_customers
)

select * from records
