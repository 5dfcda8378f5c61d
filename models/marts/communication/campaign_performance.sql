with campaigns as (
    select
        brand_id,
        campaign_id,
        campaign_name,
        channel,
        scenario,
        offer_type,
        started_at,
        ended_at,
        cost_amount_original,
        currency_code
    from {{ ref('stg_communication__campaigns') }}
),

message_responses as (
    select
        brand_id,
        message_id,
        campaign_id,
        customer_id,
        channel,
        is_delivered,
        is_reached,
        is_bounced,
        is_opened,
        is_clicked,
        is_unsubscribed,
        is_complained,
        is_converted,
        sent_at
    from {{ ref('int_communication__message_responses') }}
    where campaign_id is not null
),

message_orders as (
    select brand_id, message_id, order_id, net_amount, is_credited
    from {{ ref('int_communication__message_orders') }}
),

campaign_uplifts as (
    select
        brand_id,
        campaign_id,
        channel,
        treated_count,
        treated_converted_count,
        control_count,
        control_converted_count,
        uplift_rate,
        uplift_low_rate,
        uplift_high_rate
    from {{ ref('int_communication__campaign_uplifts') }}
),

brands as (
    select brand_id, currency_code
    from {{ ref('brands') }}
),

exchange_rates as (
    select currency_code, rate_date, rate
    from {{ ref('int_transaction__exchange_rates') }}
),

as_of as (
    select as_of_date
    from {{ ref('int_operations__as_of') }}
),

messages_counted as (
    select
        brand_id,
        campaign_id,
        channel,
        count(*) as sent_count,
        count(distinct customer_id) as customer_count,
        count(case when is_delivered then 1 end) as delivered_count,
        count(case when is_reached then 1 end) as reached_count,
        count(case when is_opened then 1 end) as opened_count,
        count(case when is_clicked then 1 end) as clicked_count,
        count(case when is_bounced then 1 end) as bounced_count,
        count(case when is_unsubscribed then 1 end) as unsubscribed_count,
        count(case when is_complained then 1 end) as complained_count,
        count(case when is_converted then 1 end) as converted_count,
        min(sent_at) as first_sent_at,
        max(sent_at) as last_sent_at
    from message_responses
    group by brand_id, campaign_id, channel
),

-- An order that followed two messages of the campaign is one order.
orders_matched as (
    select
        message_responses.brand_id,
        message_responses.campaign_id,
        message_responses.channel,
        message_orders.order_id,
        max(message_orders.net_amount) as net_amount,
        max(case when message_orders.is_credited then 1 else 0 end) as is_credited
    from message_responses
    inner join message_orders
        on
            message_responses.brand_id = message_orders.brand_id
            and message_responses.message_id = message_orders.message_id
    group by
        message_responses.brand_id,
        message_responses.campaign_id,
        message_responses.channel,
        message_orders.order_id
),

orders_summed as (
    select
        brand_id,
        campaign_id,
        channel,
        count(*) as order_count,
        sum(net_amount) as revenue_amount,
        sum(is_credited) as credited_order_count,
        sum(case when is_credited = 1 then net_amount else 0 end) as credited_revenue_amount
    from orders_matched
    group by brand_id, campaign_id, channel
),

costs_converted as (
    select
        campaigns.brand_id,
        campaigns.campaign_id,
        {{ converted_amount('campaigns.cost_amount_original', 'exchange_rates.rate') }}
            as cost_amount
    from campaigns
    cross join as_of
    inner join brands
        on campaigns.brand_id = brands.brand_id
    inner join exchange_rates
        on
            coalesce(campaigns.currency_code, brands.currency_code) = exchange_rates.currency_code
            and coalesce(cast(campaigns.started_at as date), as_of.as_of_date)
            = exchange_rates.rate_date
),

-- A campaign that nothing was sent in yet keeps its row, on the channel that it is planned for.
channels_listed as (
    select brand_id, campaign_id, channel
    from messages_counted

    union all

    select
        campaigns.brand_id,
        campaigns.campaign_id,
        coalesce(campaigns.channel, 'unknown') as channel
    from campaigns
    left join messages_counted
        on
            campaigns.brand_id = messages_counted.brand_id
            and campaigns.campaign_id = messages_counted.campaign_id
    where messages_counted.campaign_id is null
),

channels_weighed as (
    select
        channels_listed.brand_id,
        channels_listed.campaign_id,
        channels_listed.channel,
        coalesce(messages_counted.sent_count, 1) as weight,
        sum(coalesce(messages_counted.sent_count, 1)) over (
            partition by channels_listed.brand_id, channels_listed.campaign_id
            order by channels_listed.channel
            rows between unbounded preceding and current row
        ) as weight_so_far,
        sum(coalesce(messages_counted.sent_count, 1)) over (
            partition by channels_listed.brand_id, channels_listed.campaign_id
        ) as weight_total
    from channels_listed
    left join messages_counted
        on
            channels_listed.brand_id = messages_counted.brand_id
            and channels_listed.campaign_id = messages_counted.campaign_id
            and channels_listed.channel = messages_counted.channel
),

-- The cost of a campaign on several channels is parted by what was sent; the cents are rounded on
-- the running sum, so that the parts add up to the whole.
costs_parted as (
    select
        channels_weighed.brand_id,
        channels_weighed.campaign_id,
        channels_weighed.channel,
        cast(
            {{ decimal_quotient(
                'costs_converted.cost_amount * channels_weighed.weight_so_far',
                'channels_weighed.weight_total',
                2
            ) }}
            - {{ decimal_quotient(
                'costs_converted.cost_amount'
                ~ ' * (channels_weighed.weight_so_far - channels_weighed.weight)',
                'channels_weighed.weight_total',
                2
            ) }} as decimal(18, 2)
        ) as cost_amount
    from channels_weighed
    left join costs_converted
        on
            channels_weighed.brand_id = costs_converted.brand_id
            and channels_weighed.campaign_id = costs_converted.campaign_id
),

campaigns_measured as (
    select
        costs_parted.campaign_id,
        costs_parted.brand_id,
        costs_parted.channel,
        campaigns.campaign_name,
        campaigns.scenario,
        campaigns.offer_type,
        cast(coalesce(messages_counted.customer_count, 0) as bigint) as customer_count,
        cast(coalesce(messages_counted.sent_count, 0) as bigint) as sent_count,
        cast(coalesce(messages_counted.delivered_count, 0) as bigint) as delivered_count,
        cast(coalesce(messages_counted.reached_count, 0) as bigint) as reached_count,
        cast(coalesce(messages_counted.opened_count, 0) as bigint) as opened_count,
        cast(coalesce(messages_counted.clicked_count, 0) as bigint) as clicked_count,
        cast(coalesce(messages_counted.bounced_count, 0) as bigint) as bounced_count,
        cast(coalesce(messages_counted.unsubscribed_count, 0) as bigint) as unsubscribed_count,
        cast(coalesce(messages_counted.complained_count, 0) as bigint) as complained_count,
        cast(coalesce(messages_counted.converted_count, 0) as bigint) as converted_count,
        cast(coalesce(orders_summed.order_count, 0) as bigint) as order_count,
        cast(coalesce(orders_summed.credited_order_count, 0) as bigint) as credited_order_count,
        cast(coalesce(orders_summed.revenue_amount, 0) as decimal(18, 2)) as revenue_amount,
        cast(coalesce(orders_summed.credited_revenue_amount, 0) as decimal(18, 2))
            as credited_revenue_amount,
        costs_parted.cost_amount,
        {{ decimal_quotient('messages_counted.delivered_count', 'messages_counted.sent_count', 6) }}
            as delivery_rate,
        {{ decimal_quotient('messages_counted.opened_count', 'messages_counted.reached_count', 6) }}
            as open_rate,
        {{ decimal_quotient(
            'messages_counted.clicked_count', 'messages_counted.reached_count', 6
        ) }} as click_rate,
        {{ decimal_quotient('messages_counted.bounced_count', 'messages_counted.sent_count', 6) }}
            as bounce_rate,
        {{ decimal_quotient(
            'messages_counted.unsubscribed_count', 'messages_counted.reached_count', 6
        ) }} as unsubscribe_rate,
        {{ decimal_quotient(
            'messages_counted.converted_count', 'messages_counted.reached_count', 6
        ) }} as conversion_rate,
        {{ decimal_quotient(
            'costs_parted.cost_amount', 'orders_summed.credited_order_count', 2
        ) }} as cost_per_order_amount,
        cast(coalesce(campaign_uplifts.treated_count, 0) as bigint) as treated_count,
        cast(coalesce(campaign_uplifts.treated_converted_count, 0) as bigint)
            as treated_converted_count,
        cast(coalesce(campaign_uplifts.control_count, 0) as bigint) as control_count,
        cast(coalesce(campaign_uplifts.control_converted_count, 0) as bigint)
            as control_converted_count,
        campaign_uplifts.uplift_rate,
        campaign_uplifts.uplift_low_rate,
        campaign_uplifts.uplift_high_rate,
        campaigns.started_at,
        campaigns.ended_at,
        messages_counted.first_sent_at,
        messages_counted.last_sent_at
    from costs_parted
    left join campaigns
        on
            costs_parted.brand_id = campaigns.brand_id
            and costs_parted.campaign_id = campaigns.campaign_id
    left join messages_counted
        on
            costs_parted.brand_id = messages_counted.brand_id
            and costs_parted.campaign_id = messages_counted.campaign_id
            and costs_parted.channel = messages_counted.channel
    left join orders_summed
        on
            costs_parted.brand_id = orders_summed.brand_id
            and costs_parted.campaign_id = orders_summed.campaign_id
            and costs_parted.channel = orders_summed.channel
    left join campaign_uplifts
        on
            costs_parted.brand_id = campaign_uplifts.brand_id
            and costs_parted.campaign_id = campaign_uplifts.campaign_id
            and costs_parted.channel = campaign_uplifts.channel
)

select * from campaigns_measured
