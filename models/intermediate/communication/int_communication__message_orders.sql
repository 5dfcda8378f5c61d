{#
    Which orders came within the attribution window of which messages to the same customer from the same
    brand. An order may follow several messages; is_credited marks the last of them, so that each order
    is credited once. A message that bounced or failed brought nobody.
#}
-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}
with messages as (
    select brand_id, message_id, sent_at
    from {{ ref('int_communication__messages') }}
    where direction = 'outbound' and outcome not in ('bounced', 'failed')
),

message_customers as (
    select brand_id, message_id, customer_id
    from {{ ref('int_identity__message_customers') }}
),

order_customers as (
    select brand_id, order_id, customer_id, net_amount, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

orders_matched as (
    select
        messages.brand_id,
        messages.message_id,
        order_customers.order_id,
        message_customers.customer_id,
        order_customers.net_amount,
        messages.sent_at,
        order_customers.ordered_at
    from messages
    inner join message_customers
        on
            messages.brand_id = message_customers.brand_id
            and messages.message_id = message_customers.message_id
    inner join order_customers
        on
            message_customers.brand_id = order_customers.brand_id
            and message_customers.customer_id = order_customers.customer_id
            and {{ epoch_microseconds('order_customers.ordered_at') }}
            - {{ epoch_microseconds('messages.sent_at') }}
            between 0 and {{ var('attribution_window_days') | int * 86400000000 }}
),

orders_credited as (
    select
        brand_id,
        message_id,
        order_id,
        customer_id,
        net_amount,
        row_number() over (
            partition by brand_id, order_id
            order by sent_at desc, message_id
        ) = 1 as is_credited,
        sent_at,
        ordered_at
    from orders_matched
)

select * from orders_credited
