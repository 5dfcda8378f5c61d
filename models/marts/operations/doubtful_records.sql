-- Records that loaded, and that somebody should look at. What becomes of each kind is written in
-- seeds/doubt_reasons.csv, and nothing here is left out of the other marts on that account.
with

orders as (
    select
        brand_id,
        order_id,
        is_counted,
        total_amount_original,
        ordered_at
    from {{ ref('int_transaction__orders') }}
),

order_versions as (
    select
        brand_id,
        order_id,
        has_two_customers,
        is_status_backwards
    from {{ ref('int_transaction__order_versions') }}
    where has_two_customers or is_status_backwards
),

returns as (
    select
        brand_id,
        return_id,
        order_id,
        refund_amount_original,
        returned_at
    from {{ ref('stg_transaction__returns') }}
),

message_events as (
    select
        brand_id,
        event_id,
        message_id,
        event_type,
        occurred_at
    from {{ ref('stg_communication__message_events') }}
),

doubt_reasons as (
    select
        doubt_code,
        doubt,
        fate
    from {{ ref('doubt_reasons') }}
),

returns_matched as (
    select
        returns.brand_id,
        returns.return_id,
        returns.returned_at,
        orders.order_id as matched_order_id,
        orders.is_counted,
        orders.ordered_at
    from returns
    left join orders
        on
            returns.brand_id = orders.brand_id
            and returns.order_id = orders.order_id
),

refunds_summed as (
    select
        brand_id,
        order_id,
        sum(refund_amount_original) as refund_amount_original,
        max(returned_at) as last_returned_at
    from returns
    group by brand_id, order_id
),

messages_with_early_events as (
    select
        brand_id,
        message_id,
        min(case when event_type = 'sent' then occurred_at end) as sent_at
    from message_events
    group by brand_id, message_id
    having
        min(case when event_type <> 'sent' then occurred_at end)
        < min(case when event_type = 'sent' then occurred_at end)
),

doubts as (
    select
        'returns' as feed,
        brand_id,
        return_id as record_id,
        'refund_without_order' as doubt_code,
        returned_at as happened_at
    from returns_matched
    where matched_order_id is null

    union all

    select
        'returns' as feed,
        brand_id,
        return_id as record_id,
        'refund_before_order' as doubt_code,
        returned_at as happened_at
    from returns_matched
    where returned_at < ordered_at

    union all

    select
        'returns' as feed,
        brand_id,
        return_id as record_id,
        'refund_of_uncounted_order' as doubt_code,
        returned_at as happened_at
    from returns_matched
    where not is_counted

    union all

    select
        'orders' as feed,
        orders.brand_id,
        orders.order_id as record_id,
        'refunds_exceed_order' as doubt_code,
        refunds_summed.last_returned_at as happened_at
    from orders
    inner join refunds_summed
        on
            orders.brand_id = refunds_summed.brand_id
            and orders.order_id = refunds_summed.order_id
    where refunds_summed.refund_amount_original > orders.total_amount_original

    union all

    select
        'orders' as feed,
        brand_id,
        order_id as record_id,
        'negative_total' as doubt_code,
        ordered_at as happened_at
    from orders
    where total_amount_original < 0

    union all

    select
        'orders' as feed,
        orders.brand_id,
        orders.order_id as record_id,
        'order_of_two_customers' as doubt_code,
        orders.ordered_at as happened_at
    from orders
    inner join order_versions
        on
            orders.brand_id = order_versions.brand_id
            and orders.order_id = order_versions.order_id
    where order_versions.has_two_customers

    union all

    select
        'orders' as feed,
        orders.brand_id,
        orders.order_id as record_id,
        'status_backwards' as doubt_code,
        orders.ordered_at as happened_at
    from orders
    inner join order_versions
        on
            orders.brand_id = order_versions.brand_id
            and orders.order_id = order_versions.order_id
    where order_versions.is_status_backwards

    union all

    select
        'message_events' as feed,
        message_events.brand_id,
        message_events.event_id as record_id,
        'message_event_before_send' as doubt_code,
        message_events.occurred_at as happened_at
    from message_events
    inner join messages_with_early_events
        on
            message_events.brand_id = messages_with_early_events.brand_id
            and message_events.message_id = messages_with_early_events.message_id
    where
        message_events.event_type <> 'sent'
        and message_events.occurred_at < messages_with_early_events.sent_at
),

explained as (
    select
        doubts.feed,
        doubts.brand_id,
        doubts.record_id,
        doubts.doubt_code,
        doubt_reasons.doubt,
        doubt_reasons.fate,
        doubts.happened_at
    from doubts
    inner join doubt_reasons on doubts.doubt_code = doubt_reasons.doubt_code
)

select * from explained
