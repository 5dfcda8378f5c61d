-- What people and mail servers answered to messages: leave me alone, or nobody lives here. To be
-- left alone counts also when it is later than as_of, as a withdrawn consent does, and when it is
-- over age. What staging refused counts as a withdrawn consent (int_privacy__refused_decisions).
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

events_as_they_came as (
    select
        brand_id,
        message_id,
        channel,
        event_type,
        contact_id,
        email_key,
        phone,
        occurred_at
    from {{ ref('stg_communication__message_events') }}
    where event_type in ('unsubscribed', 'complained')
),

events_over_age as (
    select
        brand_id,
        message_id,
        channel,
        event_type,
        contact_id,
        email_key,
        phone,
        occurred_at
    from {{ ref('stg_communication__lasting_refusals') }}
    where not is_refused
),

contacts_bound as (
    select brand_id, record_id as contact_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where feed = 'contacts'
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

events_apart as (
    select events_as_they_came.*
    from events_as_they_came
    cross join as_of
    where events_as_they_came.occurred_at > as_of.as_of_at
    union all
    select * from events_over_age
),

-- As of the build's moment the message itself may not have been sent, or be there no more, so
-- nobody is bound to it.
refusals_apart as (
    select
        coalesce(message_customers.customer_id, contacts_bound.customer_id) as customer_id,
        events_apart.brand_id,
        events_apart.channel,
        events_apart.event_type,
        case channels.is_addressed_by
            when 'email' then coalesce(events_apart.email_key, messages.email_key)
            when 'phone' then coalesce(events_apart.phone, messages.phone)
        end as address,
        events_apart.occurred_at
    from events_apart
    inner join channels
        on events_apart.channel = channels.channel
    left join messages
        on
            events_apart.brand_id = messages.brand_id
            and events_apart.message_id = messages.message_id
    left join message_customers
        on
            events_apart.brand_id = message_customers.brand_id
            and events_apart.message_id = message_customers.message_id
    left join contacts_bound
        on
            events_apart.brand_id = contacts_bound.brand_id
            and events_apart.contact_id = contacts_bound.contact_id
),

events_united as (
    select * from events_addressed
    union all
    select * from refusals_apart
),

suppressions as (
    select
        customer_id,
        brand_id,
        channel,
        event_type,
        address,
        max(occurred_at) as last_at
    from events_united
    group by customer_id, brand_id, channel, event_type, address
)

select * from suppressions
