-- A view, since one model reads it: a table would be written to be read once.
{{ config(materialized='view') }}

with

contacts as (
    select * from {{ ref('int_customer__contacts') }}
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

record_customers as (
    select * from {{ ref('int_identity__record_customers') }}
),

session_customers as (
    select * from {{ ref('int_identity__session_customers') }}
),

message_customers as (
    select * from {{ ref('int_identity__message_customers') }}
),

happenings as (
    select
        contacts.customer_id,
        contacts.registered_at as occurred_at,
        contacts.brand_id as brand_id,
        contacts.source_system as channel,
        'contact' as kind,
        'contact_registered' as happening,
        contacts.source_system as detail,
        cast(null as decimal(18, 2)) as amount,
        'contacts' as feed,
        contacts.contact_id as record_id
    from contacts

    union all

    select
        record_customers.customer_id,
        orders.ordered_at as occurred_at,
        orders.brand_id as brand_id,
        orders.sales_channel as channel,
        'order' as kind,
        case when orders.is_test then 'test' else orders.status end as happening,
        orders.fulfilment_method as detail,
        case when orders.is_counted then orders.total_amount end as amount,
        'orders' as feed,
        orders.order_id as record_id
    from orders
    inner join record_customers
        on
            record_customers.feed = 'orders'
            and orders.brand_id = record_customers.brand_id
            and orders.order_id = record_customers.record_id

    union all

    select
        record_customers.customer_id,
        refunds.returned_at as occurred_at,
        refunds.brand_id as brand_id,
        cast(null as {{ type_string() }}) as channel,
        'return' as kind,
        coalesce(refunds.return_type, 'return') as happening,
        refunds.order_id as detail,
        case when refunds.is_counted then cast(-refunds.refund_amount as decimal(18, 2)) end
            as amount,
        'returns' as feed,
        refunds.return_id as record_id
    from refunds
    inner join record_customers
        on
            record_customers.feed = 'returns'
            and refunds.brand_id = record_customers.brand_id
            and refunds.return_id = record_customers.record_id

    union all

    select
        session_customers.customer_id,
        sessions.started_at as occurred_at,
        sessions.brand_id as brand_id,
        sessions.platform as channel,
        'session' as kind,
        case
            when sessions.purchase_count > 0 then 'purchase'
            when sessions.is_cart_abandoned then 'cart_abandoned'
            else 'visit'
        end as happening,
        concat(cast(sessions.event_count as {{ type_string() }}), ' events') as detail,
        cast(null as decimal(18, 2)) as amount,
        'events' as feed,
        sessions.session_id as record_id
    from sessions
    inner join session_customers
        on
            sessions.brand_id = session_customers.brand_id
            and sessions.session_id = session_customers.session_id

    union all

    select
        message_customers.customer_id,
        messages.sent_at as occurred_at,
        messages.brand_id as brand_id,
        messages.channel as channel,
        'message' as kind,
        messages.outcome as happening,
        messages.campaign_id as detail,
        cast(null as decimal(18, 2)) as amount,
        'message_events' as feed,
        messages.message_id as record_id
    from messages
    inner join message_customers
        on
            messages.brand_id = message_customers.brand_id
            and messages.message_id = message_customers.message_id
)

select * from happenings
where customer_id is not null
