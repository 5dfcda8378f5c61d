-- Credited revenue is what campaigns are compared and paid by; an order credited twice pays twice.
-- By brand it cannot exceed what orders brought, and it is exactly what the orders that followed a
-- campaign's message last brought.
with message_orders as (
    select brand_id, message_id, order_id, net_amount, is_credited
    from {{ ref('int_communication__message_orders') }}
),

message_responses as (
    select brand_id, message_id, campaign_id
    from {{ ref('int_communication__message_responses') }}
),

campaign_performance as (
    select brand_id, credited_order_count, credited_revenue_amount
    from {{ ref('campaign_performance') }}
),

credits_counted as (
    select
        message_orders.brand_id,
        message_orders.order_id,
        sum(case when message_orders.is_credited then 1 else 0 end) as credit_count,
        max(
            case
                when message_orders.is_credited and message_responses.campaign_id is not null
                    then message_orders.net_amount
            end
        ) as campaign_amount
    from message_orders
    left join message_responses
        on
            message_orders.brand_id = message_responses.brand_id
            and message_orders.message_id = message_responses.message_id
    group by message_orders.brand_id, message_orders.order_id
),

totals_united as (
    select
        brand_id,
        coalesce(campaign_amount, 0) as order_amount,
        0 as campaign_amount,
        case when credit_count = 1 then 0 else 1 end as wrong_count
    from credits_counted

    union all

    select
        brand_id,
        0 as order_amount,
        credited_revenue_amount as campaign_amount,
        0 as wrong_count
    from campaign_performance
),

totals_compared as (
    select
        brand_id,
        sum(order_amount) as order_amount,
        sum(campaign_amount) as campaign_amount,
        sum(wrong_count) as wrong_count
    from totals_united
    group by brand_id
)

select *
from totals_compared
where order_amount <> campaign_amount or wrong_count > 0
