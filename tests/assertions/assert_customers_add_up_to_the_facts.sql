-- The 360s and the marts of single facts are counted along different ways. A customer whose orders,
-- visits or messages differ between them would be segmented by one board and written to by another.
with customer_360 as (
    select customer_id, order_count, net_amount, session_count, message_count
    from {{ ref('customer_360') }}
),

order_customers as (
    select customer_id, net_amount
    from {{ ref('int_transaction__order_customers') }}
),

sessions as (
    select customer_id
    from {{ ref('sessions') }}
    where customer_id is not null
),

contact_pressure as (
    select customer_id, message_count
    from {{ ref('contact_pressure') }}
),

facts_united as (
    select customer_id, order_count, net_amount, session_count, message_count
    from customer_360

    union all

    select
        customer_id,
        -1 as order_count,
        -net_amount as net_amount,
        0 as session_count,
        0 as message_count
    from order_customers

    union all

    select
        customer_id,
        0 as order_count,
        0 as net_amount,
        -1 as session_count,
        0 as message_count
    from sessions

    union all

    select
        customer_id,
        0 as order_count,
        0 as net_amount,
        0 as session_count,
        -message_count as message_count
    from contact_pressure
),

facts_compared as (
    select
        customer_id,
        sum(order_count) as order_count,
        sum(net_amount) as net_amount,
        sum(session_count) as session_count,
        sum(message_count) as message_count
    from facts_united
    group by customer_id
)

select *
from facts_compared
where order_count <> 0 or net_amount <> 0 or session_count <> 0 or message_count <> 0
