with

messages as (
    select * from {{ ref('int_communication__messages') }}
),

message_events as (
    select * from {{ ref('int_communication__message_events') }}
),

set_customers as (
    select * from {{ ref('int_identity__set_customers') }}
),

identifier_types as (
    select * from {{ ref('identifier_types') }}
),

bound_whole as (
    select
        messages.brand_id,
        messages.message_id,
        set_customers.customer_id,
        set_customers.link_rule
    from messages
    left join set_customers
        on
            set_customers.identifier_set_id
            = {{ identifier_set_id(
                'messages.brand_id',
                contact_id='messages.contact_id',
                email_key='messages.email_key',
                phone='messages.phone'
            ) }}
),

unbound as (
    -- The send names the account and the click only the e-mail: no event holds what the message
    -- holds.
    select
        brand_id,
        message_id
    from bound_whole
    where customer_id is null
),

bound_by_event as (
    select
        unbound.brand_id,
        unbound.message_id,
        set_customers.customer_id,
        set_customers.link_rule,
        row_number() over (
            partition by unbound.brand_id, unbound.message_id
            order by identifier_types.priority, message_events.occurred_at, message_events.event_id
        ) as event_rank
    from unbound
    inner join message_events
        on
            unbound.brand_id = message_events.brand_id
            and unbound.message_id = message_events.message_id
    inner join set_customers
        on
            set_customers.identifier_set_id
            = {{ identifier_set_id(
                'message_events.brand_id',
                contact_id='message_events.contact_id',
                email_key='message_events.email_key',
                phone='message_events.phone'
            ) }}
    inner join identifier_types
        on set_customers.link_rule = identifier_types.identifier_type
),

bound as (
    select
        brand_id,
        message_id,
        customer_id,
        link_rule
    from bound_whole
    where customer_id is not null

    union all

    select
        brand_id,
        message_id,
        customer_id,
        link_rule
    from bound_by_event
    where event_rank = 1
)

select * from bound
