{#
    By which rules records find their customer, counted, since customer_records itself names every
    record and stays in the warehouse.
#}
with

customer_records as (
    select * from {{ ref('customer_records') }}
),

records_counted as (
    select
        brand_id,
        feed,
        coalesce(link_rule, 'no_customer') as link_rule,
        max(link_confidence) as link_confidence,
        count(*) as record_count
    from customer_records
    group by brand_id, feed, coalesce(link_rule, 'no_customer')
)

select * from records_counted
