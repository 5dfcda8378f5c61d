{#
    Who a session belongs to, in this order: the person who was last known within it (account,
    e-mail or the order placed in it), the recipient of the message it was clicked through from, the
    person last known on the device before it, the first one known there within
    device_lookahead_days after it.
#}
with

session_events as (
    select * from {{ ref('int_engagement__session_events') }}
),

sessions as (
    select * from {{ ref('int_engagement__sessions') }}
),

set_customers as (
    select * from {{ ref('int_identity__set_customers') }}
),

record_customers as (
    select * from {{ ref('int_identity__record_customers') }}
),

message_customers as (
    select * from {{ ref('int_identity__message_customers') }}
),

device_intervals as (
    select * from {{ ref('int_identity__device_intervals') }}
),

telling_events as (
    select
        brand_id,
        session_id,
        event_id,
        occurred_at,
        order_id,
        message_id,
        case
            when contact_id is not null or email_key is not null
                then {{ identifier_set_id(
                    'brand_id',
                    contact_id='contact_id', email_key='email_key', device_id='device_id'
                ) }}
        end as identifier_set_id
    from session_events
    where
        contact_id is not null
        or email_key is not null
        or order_id is not null
        or message_id is not null
),

candidates as (
    select
        telling_events.brand_id,
        telling_events.session_id,
        telling_events.event_id,
        telling_events.occurred_at,
        set_customers.customer_id,
        set_customers.link_rule,
        1 as rule_rank
    from telling_events
    inner join set_customers
        on telling_events.identifier_set_id = set_customers.identifier_set_id

    union all

    select
        telling_events.brand_id,
        telling_events.session_id,
        telling_events.event_id,
        telling_events.occurred_at,
        record_customers.customer_id,
        'order_id' as link_rule,
        2 as rule_rank
    from telling_events
    inner join record_customers
        on
            record_customers.feed = 'orders'
            and telling_events.brand_id = record_customers.brand_id
            and telling_events.order_id = record_customers.record_id
    where
        record_customers.customer_id is not null
        and record_customers.link_rule <> 'device_id'

    union all

    select
        telling_events.brand_id,
        telling_events.session_id,
        telling_events.event_id,
        telling_events.occurred_at,
        message_customers.customer_id,
        'message_id' as link_rule,
        3 as rule_rank
    from telling_events
    inner join message_customers
        on
            telling_events.brand_id = message_customers.brand_id
            and telling_events.message_id = message_customers.message_id
),

candidates_ranked as (
    select
        brand_id,
        session_id,
        customer_id,
        link_rule,
        row_number() over (
            partition by brand_id, session_id
            order by rule_rank, occurred_at desc, event_id desc
        ) as candidate_rank
    from candidates
),

known_within as (
    select
        brand_id,
        session_id,
        customer_id,
        link_rule
    from candidates_ranked
    where candidate_rank = 1
),

bound as (
    select
        sessions.brand_id,
        sessions.session_id,
        coalesce(known_within.customer_id, device_intervals.customer_id) as customer_id,
        coalesce(known_within.link_rule, 'device_id') as link_rule
    from sessions
    left join known_within
        on
            sessions.brand_id = known_within.brand_id
            and sessions.session_id = known_within.session_id
    left join device_intervals
        -- Asked only where nobody is known; as part of the key, since a condition on the left side
        -- alone would make DuckDB compare every session with every interval.
        on
            sessions.brand_id = device_intervals.brand_id
            and case when known_within.session_id is null then sessions.device_id end
            = device_intervals.device_id
            and sessions.started_at >= device_intervals.valid_from_at
            and sessions.started_at < device_intervals.valid_to_at
    where
        known_within.customer_id is not null
        or device_intervals.customer_id is not null
)

select * from bound
