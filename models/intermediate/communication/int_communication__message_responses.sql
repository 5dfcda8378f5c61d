-- Messages that were sent to somebody by as_of, with what that person did about them by then.
with messages as (
    select
        brand_id,
        message_id,
        campaign_id,
        channel,
        outcome,
        is_delivered,
        is_bounced,
        is_unsubscribed,
        is_complained,
        is_replied,
        sent_at,
        first_opened_at,
        first_clicked_at
    from {{ ref('int_communication__messages') }}
    where direction = 'outbound'
),

message_customers as (
    select brand_id, message_id, customer_id
    from {{ ref('int_identity__message_customers') }}
),

message_orders as (
    select brand_id, message_id, order_id
    from {{ ref('int_communication__message_orders') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

orders_counted as (
    select
        brand_id,
        message_id,
        count(*) as order_count
    from message_orders
    group by brand_id, message_id
),

responses_told as (
    select
        messages.brand_id,
        messages.message_id,
        messages.campaign_id,
        message_customers.customer_id,
        messages.channel,
        messages.is_delivered,
        messages.is_bounced,
        messages.outcome not in ('bounced', 'failed') as is_reached,
        coalesce(messages.first_opened_at <= as_of.as_of_at, false) as is_opened,
        coalesce(messages.first_clicked_at <= as_of.as_of_at, false) as is_clicked,
        messages.is_replied,
        messages.is_unsubscribed,
        messages.is_complained,
        orders_counted.order_count is not null as is_converted,
        (
            coalesce(messages.first_clicked_at <= as_of.as_of_at, false)
            or messages.is_replied
            or orders_counted.order_count is not null
        ) as is_responded,
        messages.sent_at,
        case
            when least(
                coalesce(messages.first_opened_at, messages.first_clicked_at),
                coalesce(messages.first_clicked_at, messages.first_opened_at)
            ) between messages.sent_at and as_of.as_of_at
                then least(
                    coalesce(messages.first_opened_at, messages.first_clicked_at),
                    coalesce(messages.first_clicked_at, messages.first_opened_at)
                )
        end as first_response_at
    from messages
    cross join as_of
    left join message_customers
        on
            messages.brand_id = message_customers.brand_id
            and messages.message_id = message_customers.message_id
    left join orders_counted
        on
            messages.brand_id = orders_counted.brand_id
            and messages.message_id = orders_counted.message_id
    where messages.sent_at <= as_of.as_of_at
)

select * from responses_told
