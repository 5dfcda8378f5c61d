-- If the brands' views of a customer do not add up to the group's, one of the two boards is wrong.
with

by_brand as (
    select
        customer_id,
        sum(order_count) as order_count,
        sum(net_amount) as net_amount,
        sum(session_count) as session_count,
        sum(message_count) as message_count
    from {{ ref('customer_brand_360') }}
    group by customer_id
)

select customer_360.customer_id
from {{ ref('customer_360') }} as customer_360
left join by_brand
    on customer_360.customer_id = by_brand.customer_id
where
    customer_360.order_count <> coalesce(by_brand.order_count, 0)
    or customer_360.net_amount <> coalesce(by_brand.net_amount, 0)
    or customer_360.session_count <> coalesce(by_brand.session_count, 0)
    or customer_360.message_count <> coalesce(by_brand.message_count, 0)
