-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}

-- What a customer's way to an order is made of: visits, by how they came, and clicks in messages
-- that led to no visit that we saw. A click that did is that visit.
with sessions as (
    select session_id, brand_id, landing_message_id, landing_campaign, started_at
    from {{ ref('int_engagement__sessions') }}
),

session_landings as (
    select session_id, channel_group
    from {{ ref('int_engagement__session_landings') }}
),

messages as (
    select brand_id, message_id, channel, campaign_id, direction, clicked_count, first_clicked_at
    from {{ ref('int_communication__messages') }}
),

session_customers as (
    select brand_id, session_id, customer_id
    from {{ ref('int_identity__session_customers') }}
    where customer_id is not null
),

message_customers as (
    select brand_id, message_id, customer_id
    from {{ ref('int_identity__message_customers') }}
    where customer_id is not null
),

-- A visit through a message is its campaign's, whatever the link's utm parameters call it: else one
-- campaign has two names, and visits and clicks of it cannot be put together.
sessions_bound as (
    select
        session_customers.customer_id,
        sessions.brand_id,
        'session' as touch_kind,
        sessions.session_id as touch_id,
        session_landings.channel_group,
        coalesce(messages.campaign_id, sessions.landing_campaign) as campaign,
        sessions.landing_message_id,
        sessions.started_at as touched_at
    from sessions
    inner join session_customers
        on
            sessions.brand_id = session_customers.brand_id
            and sessions.session_id = session_customers.session_id
    inner join session_landings
        on sessions.session_id = session_landings.session_id
    left join messages
        on
            sessions.brand_id = messages.brand_id
            and sessions.landing_message_id = messages.message_id
),

messages_landed as (
    select distinct
        customer_id,
        brand_id,
        landing_message_id as message_id
    from sessions_bound
    where landing_message_id is not null
),

clicks_alone as (
    select
        message_customers.customer_id,
        messages.brand_id,
        'click' as touch_kind,
        messages.message_id as touch_id,
        case when messages.channel = 'email' then 'email' else 'message' end as channel_group,
        messages.campaign_id as campaign,
        messages.first_clicked_at as touched_at
    from messages
    inner join message_customers
        on
            messages.brand_id = message_customers.brand_id
            and messages.message_id = message_customers.message_id
    left join messages_landed
        on
            message_customers.customer_id = messages_landed.customer_id
            and messages.brand_id = messages_landed.brand_id
            and messages.message_id = messages_landed.message_id
    where
        messages.direction = 'outbound'
        and messages.clicked_count > 0
        and messages_landed.message_id is null
),

touches_united as (
    select customer_id, brand_id, touch_kind, touch_id, channel_group, campaign, touched_at
    from sessions_bound
    union all
    select customer_id, brand_id, touch_kind, touch_id, channel_group, campaign, touched_at
    from clicks_alone
)

select * from touches_united
