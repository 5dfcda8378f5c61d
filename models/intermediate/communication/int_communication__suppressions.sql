-- What people and mail servers answered to messages: leave me alone, or nobody lives here.
with message_events as (
    select
        brand_id,
        message_id,
        channel,
        event_type,
        email_key,
        phone,
        bounce_type,
        occurred_at
    from {{ ref('int_communication__message_events') }}
    where
        event_type in ('unsubscribed', 'complained')
        or (event_type = 'bounced' and bounce_type = 'hard')
),

messages as (
    select brand_id, message_id, email_key, phone
    from {{ ref('int_communication__messages') }}
),

message_customers as (
    select brand_id, message_id, customer_id
    from {{ ref('int_identity__message_customers') }}
),

channels as (
    select channel, is_addressed_by
    from {{ ref('channels') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

-- The address is the bounced event's own, else the message's; one without any bounces for whatever
-- address the customer has on that channel.
events_addressed as (
    select
        message_customers.customer_id,
        message_events.brand_id,
        message_events.channel,
        message_events.event_type,
        case channels.is_addressed_by
            when 'email' then coalesce(message_events.email_key, messages.email_key)
            when 'phone' then coalesce(message_events.phone, messages.phone)
        end as address,
        message_events.occurred_at
    from message_events
    cross join as_of
    inner join messages
        on
            message_events.brand_id = messages.brand_id
            and message_events.message_id = messages.message_id
    inner join channels
        on message_events.channel = channels.channel
    left join message_customers
        on
            message_events.brand_id = message_customers.brand_id
            and message_events.message_id = message_customers.message_id
    where message_events.occurred_at <= as_of.as_of_at
),

suppressions as (
    select
        customer_id,
        brand_id,
        channel,
        event_type,
        address,
        max(occurred_at) as last_at
    from events_addressed
    group by customer_id, brand_id, channel, event_type, address
)

select * from suppressions
