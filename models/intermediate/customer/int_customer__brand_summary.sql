{#
    What each brand knows of each of its customers, counted once; customer_brand_360 shows it and
    customer_360 adds it up, so the two cannot disagree.
#}
with

record_customers as (
    select * from {{ ref('int_identity__record_customers') }}
),

session_customers as (
    select * from {{ ref('int_identity__session_customers') }}
),

message_customers as (
    select * from {{ ref('int_identity__message_customers') }}
),

orders as (
    select * from {{ ref('int_transaction__orders') }}
),

refunds as (
    select * from {{ ref('int_transaction__refunds') }}
),

sessions as (
    select * from {{ ref('int_engagement__sessions') }}
),

messages as (
    select * from {{ ref('int_communication__messages') }}
),

loyalty_events as (
    select * from {{ ref('stg_loyalty__loyalty_events') }}
),

reviews as (
    select * from {{ ref('stg_engagement__reviews') }}
),

survey_responses as (
    select * from {{ ref('stg_engagement__survey_responses') }}
),

service_interactions as (
    select * from {{ ref('stg_communication__service_interactions') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

brands_known as (
    select
        customer_id,
        brand_id
    from record_customers
    where customer_id is not null

    union

    select
        customer_id,
        brand_id
    from session_customers

    union

    select
        customer_id,
        brand_id
    from message_customers
),

records_united as (
    select brand_id, 'reviews' as feed, review_id as record_id, reviewed_at as occurred_at
    from reviews

    union all

    select brand_id, 'survey_responses' as feed, response_id as record_id,
        answered_at as occurred_at
    from survey_responses

    union all

    select brand_id, 'service_interactions' as feed, interaction_id as record_id,
        opened_at as occurred_at
    from service_interactions
),

records_counted as (
    select
        record_customers.customer_id,
        record_customers.brand_id,
        count(case when record_customers.feed = 'reviews' then 1 end) as review_count,
        count(case when record_customers.feed = 'survey_responses' then 1 end)
            as survey_response_count,
        count(case when record_customers.feed = 'service_interactions' then 1 end)
            as service_interaction_count
    from records_united
    cross join as_of
    inner join record_customers
        on
            records_united.feed = record_customers.feed
            and records_united.brand_id = record_customers.brand_id
            and records_united.record_id = record_customers.record_id
    where
        record_customers.customer_id is not null
        and records_united.occurred_at <= as_of.as_of_at
    group by record_customers.customer_id, record_customers.brand_id
),

orders_counted as (
    select
        record_customers.customer_id,
        orders.brand_id,
        count(*) as order_count,
        sum(orders.total_amount) as gross_amount,
        sum(orders.discount_amount) as discount_amount,
        min(orders.ordered_at) as first_order_at,
        max(orders.ordered_at) as last_order_at
    from orders
    inner join record_customers
        on
            record_customers.feed = 'orders'
            and orders.brand_id = record_customers.brand_id
            and orders.order_id = record_customers.record_id
    where
        orders.is_counted
        and record_customers.customer_id is not null
    group by record_customers.customer_id, orders.brand_id
),

refunds_counted as (
    select
        record_customers.customer_id,
        refunds.brand_id,
        count(*) as return_count,
        sum(refunds.refund_amount) as refund_amount
    from refunds
    inner join record_customers
        on
            record_customers.feed = 'orders'
            and refunds.brand_id = record_customers.brand_id
            and refunds.order_id = record_customers.record_id
    where
        refunds.is_counted
        and record_customers.customer_id is not null
    group by record_customers.customer_id, refunds.brand_id
),

sessions_counted as (
    select
        session_customers.customer_id,
        sessions.brand_id,
        count(*) as session_count,
        count(case when sessions.is_cart_abandoned then 1 end) as abandoned_cart_count,
        max(sessions.ended_at) as last_session_at
    from sessions
    inner join session_customers
        on
            sessions.brand_id = session_customers.brand_id
            and sessions.session_id = session_customers.session_id
    group by session_customers.customer_id, sessions.brand_id
),

messages_counted as (
    select
        message_customers.customer_id,
        messages.brand_id,
        count(case when messages.direction = 'outbound' then 1 end) as message_count,
        count(case when messages.opened_count > 0 then 1 end) as opened_message_count,
        count(case when messages.clicked_count > 0 then 1 end) as clicked_message_count,
        max(case when messages.direction = 'outbound' then messages.sent_at end) as last_message_at
    from messages
    inner join message_customers
        on
            messages.brand_id = message_customers.brand_id
            and messages.message_id = message_customers.message_id
    group by message_customers.customer_id, messages.brand_id
),

loyalty_bound as (
    select
        record_customers.customer_id,
        loyalty_events.brand_id,
        loyalty_events.event_id,
        loyalty_events.event_type,
        loyalty_events.points,
        loyalty_events.tier,
        loyalty_events.occurred_at,
        row_number() over (
            partition by record_customers.customer_id, loyalty_events.brand_id
            order by loyalty_events.occurred_at desc, loyalty_events.event_id
        ) as recency_rank
    from loyalty_events
    cross join as_of
    inner join record_customers
        on
            record_customers.feed = 'loyalty_events'
            and loyalty_events.brand_id = record_customers.brand_id
            and loyalty_events.event_id = record_customers.record_id
    where
        record_customers.customer_id is not null
        and loyalty_events.occurred_at <= as_of.as_of_at
),

loyalty_counted as (
    select
        customer_id,
        brand_id,
        sum({{ points_movement('event_type', 'points') }}) as points_balance,
        {{ first_by('tier', 'recency_rank') }} as loyalty_tier,
        count(case when event_type = 'voucher_issued' then 1 end) as voucher_issued_count,
        count(case when event_type = 'voucher_redeemed' then 1 end) as voucher_redeemed_count
    from loyalty_bound
    group by customer_id, brand_id
),

summed as (
    select
        brands_known.customer_id,
        brands_known.brand_id,
        cast(coalesce(orders_counted.order_count, 0) as bigint) as order_count,
        cast(coalesce(orders_counted.gross_amount, 0) as decimal(18, 2)) as gross_amount,
        cast(coalesce(orders_counted.discount_amount, 0) as decimal(18, 2)) as discount_amount,
        cast(coalesce(refunds_counted.return_count, 0) as bigint) as return_count,
        cast(coalesce(refunds_counted.refund_amount, 0) as decimal(18, 2)) as refund_amount,
        cast(
            coalesce(orders_counted.gross_amount, 0) - coalesce(refunds_counted.refund_amount, 0)
            as decimal(18, 2)
        ) as net_amount,
        orders_counted.first_order_at,
        orders_counted.last_order_at,
        cast(coalesce(sessions_counted.session_count, 0) as bigint) as session_count,
        cast(coalesce(sessions_counted.abandoned_cart_count, 0) as bigint) as abandoned_cart_count,
        sessions_counted.last_session_at,
        cast(coalesce(messages_counted.message_count, 0) as bigint) as message_count,
        cast(coalesce(messages_counted.opened_message_count, 0) as bigint) as opened_message_count,
        cast(coalesce(messages_counted.clicked_message_count, 0) as bigint)
            as clicked_message_count,
        messages_counted.last_message_at,
        cast(coalesce(records_counted.review_count, 0) as bigint) as review_count,
        cast(coalesce(records_counted.survey_response_count, 0) as bigint) as survey_response_count,
        cast(coalesce(records_counted.service_interaction_count, 0) as bigint)
            as service_interaction_count,
        loyalty_counted.loyalty_tier,
        cast(coalesce(loyalty_counted.points_balance, 0) as decimal(18, 2)) as points_balance,
        cast(coalesce(loyalty_counted.voucher_issued_count, 0) as bigint) as voucher_issued_count,
        cast(coalesce(loyalty_counted.voucher_redeemed_count, 0) as bigint)
            as voucher_redeemed_count
    from brands_known
    left join orders_counted
        on
            brands_known.customer_id = orders_counted.customer_id
            and brands_known.brand_id = orders_counted.brand_id
    left join refunds_counted
        on
            brands_known.customer_id = refunds_counted.customer_id
            and brands_known.brand_id = refunds_counted.brand_id
    left join sessions_counted
        on
            brands_known.customer_id = sessions_counted.customer_id
            and brands_known.brand_id = sessions_counted.brand_id
    left join messages_counted
        on
            brands_known.customer_id = messages_counted.customer_id
            and brands_known.brand_id = messages_counted.brand_id
    left join records_counted
        on
            brands_known.customer_id = records_counted.customer_id
            and brands_known.brand_id = records_counted.brand_id
    left join loyalty_counted
        on
            brands_known.customer_id = loyalty_counted.customer_id
            and brands_known.brand_id = loyalty_counted.brand_id
)

select * from summed
