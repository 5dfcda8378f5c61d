-- Told by the session's and the message's own read_number, with whatever else was read of them:
-- depends_on: {{ ref('int_engagement__session_events') }}
-- depends_on: {{ ref('int_communication__message_events') }}
{{ config(materialized=tells_changes(), key='customer_id') }}

with as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

contacts as (
    select * from {{ ref('stg_contact__contacts') }}
),

orders as (
    select * from {{ ref('stg_transaction__orders') }}
),

orders_converted as (
    select * from {{ ref('int_transaction__orders') }}
),

exchange_rates as (
    select * from {{ ref('int_transaction__exchange_rates') }}
),

order_lines as (
    select * from {{ ref('stg_transaction__order_lines') }}
),

returns as (
    select * from {{ ref('stg_transaction__returns') }}
),

refunds as (
    select * from {{ ref('int_transaction__refunds') }}
),

reviews as (
    select * from {{ ref('stg_engagement__reviews') }}
),

survey_responses as (
    select * from {{ ref('stg_engagement__survey_responses') }}
),

share_codes as (
    select * from {{ ref('stg_engagement__share_codes') }}
),

service_interactions as (
    select * from {{ ref('stg_communication__service_interactions') }}
),

loyalty_events as (
    select * from {{ ref('stg_loyalty__loyalty_events') }}
),

consent_events as (
    select * from {{ ref('stg_privacy__consent_events') }}
),

sessions as (
    select * from {{ ref('int_engagement__sessions') }}
),

session_landings as (
    select * from {{ ref('int_engagement__session_landings') }}
),

messages as (
    select * from {{ ref('int_communication__messages') }}
),

decisions as (
    select * from {{ ref('int_privacy__decisions') }}
),

restrictions as (
    select * from {{ ref('int_privacy__restrictions') }}
),

customers as (
    select * from {{ ref('int_identity__customers') }}
),

customer_nodes as (
    select * from {{ ref('int_identity__customer_nodes') }}
),

record_customers as (
    select * from {{ ref('int_identity__record_customers') }}
    where customer_id is not null
),

session_customers as (
    select * from {{ ref('int_identity__session_customers') }}
),

message_customers as (
    select * from {{ ref('int_identity__message_customers') }}
),

-- Whether a fact lies before as_of is part of it.
records_hashed as (
    select
        brand_id,
        'contacts' as feed,
        contact_id as record_id,
        registered_at as occurred_at,
        {{ hash_relation_row('contacts') }} as row_hash
    from contacts

    union all

    select
        brand_id,
        'orders' as feed,
        order_id as record_id,
        ordered_at as occurred_at,
        {{ hash_relation_row('orders') }} as row_hash
    from orders

    union all

    select
        brand_id,
        'orders' as feed,
        order_id as record_id,
        ordered_at as occurred_at,
        {{ hash_relation_row('orders_converted') }} as row_hash
    from orders_converted

    union all

    -- The rate by itself too: what it changes in a line may be lost in the cents of the whole.
    select
        orders_converted.brand_id,
        'orders' as feed,
        orders_converted.order_id as record_id,
        cast(null as timestamp) as occurred_at,
        {{ hash_relation_row('exchange_rates') }} as row_hash
    from orders_converted
    inner join exchange_rates
        on
            orders_converted.currency_code = exchange_rates.currency_code
            and orders_converted.order_date = exchange_rates.rate_date

    union all

    select
        brand_id,
        'orders' as feed,
        order_id as record_id,
        cast(null as timestamp) as occurred_at,
        {{ hash_relation_row('order_lines') }} as row_hash
    from order_lines

    union all

    select
        brand_id,
        'returns' as feed,
        return_id as record_id,
        returned_at as occurred_at,
        {{ hash_relation_row('returns') }} as row_hash
    from returns

    union all

    select
        brand_id,
        'returns' as feed,
        return_id as record_id,
        returned_at as occurred_at,
        {{ hash_relation_row('refunds') }} as row_hash
    from refunds

    union all

    -- What is paid back is the order's customer's, whoever brought the goods back.
    select
        brand_id,
        'orders' as feed,
        order_id as record_id,
        returned_at as occurred_at,
        {{ hash_relation_row('returns') }} as row_hash
    from returns

    union all

    select
        brand_id,
        'orders' as feed,
        order_id as record_id,
        returned_at as occurred_at,
        {{ hash_relation_row('refunds') }} as row_hash
    from refunds

    union all

    select
        brand_id,
        'reviews' as feed,
        review_id as record_id,
        reviewed_at as occurred_at,
        {{ hash_relation_row('reviews') }} as row_hash
    from reviews

    union all

    select
        brand_id,
        'survey_responses' as feed,
        response_id as record_id,
        answered_at as occurred_at,
        {{ hash_relation_row('survey_responses') }} as row_hash
    from survey_responses

    union all

    select
        brand_id,
        'share_codes' as feed,
        share_code as record_id,
        created_at as occurred_at,
        {{ hash_relation_row('share_codes') }} as row_hash
    from share_codes

    union all

    select
        brand_id,
        'service_interactions' as feed,
        interaction_id as record_id,
        opened_at as occurred_at,
        {{ hash_relation_row('service_interactions') }} as row_hash
    from service_interactions

    union all

    select
        brand_id,
        'loyalty_events' as feed,
        event_id as record_id,
        occurred_at,
        {{ hash_relation_row('loyalty_events') }} as row_hash
    from loyalty_events

    union all

    select
        brand_id,
        'consent_events' as feed,
        consent_event_id as record_id,
        decided_at as occurred_at,
        {{ hash_relation_row('consent_events') }} as row_hash
    from consent_events
),

facts_bound as (
    select
        record_customers.customer_id,
        {{ hash_relation_row('record_customers') }} as bond_hash,
        records_hashed.row_hash,
        records_hashed.occurred_at <= as_of.as_of_at as has_happened
    from records_hashed
    cross join as_of
    inner join record_customers
        on
            records_hashed.brand_id = record_customers.brand_id
            and records_hashed.feed = record_customers.feed
            and records_hashed.record_id = record_customers.record_id

    union all

    select
        session_customers.customer_id,
        {{ hash_relation_row('session_customers') }} as bond_hash,
        {{ hash_relation_row('sessions') }} as row_hash,
        true as has_happened
    from sessions
    inner join session_customers
        on
            sessions.brand_id = session_customers.brand_id
            and sessions.session_id = session_customers.session_id

    union all

    select
        session_customers.customer_id,
        null as bond_hash,
        {{ hash_relation_row('session_landings') }} as row_hash,
        true as has_happened
    from session_landings
    inner join session_customers
        on session_landings.session_id = session_customers.session_id

    union all

    -- The message may have been somebody else's.
    select
        session_customers.customer_id,
        {{ hash_relation_row('session_customers') }} as bond_hash,
        {{ hash_relation_row('messages') }} as row_hash,
        messages.sent_at <= as_of.as_of_at as has_happened
    from sessions
    cross join as_of
    inner join session_customers
        on
            sessions.brand_id = session_customers.brand_id
            and sessions.session_id = session_customers.session_id
    inner join messages
        on
            sessions.brand_id = messages.brand_id
            and sessions.landing_message_id = messages.message_id

    union all

    select
        message_customers.customer_id,
        {{ hash_relation_row('message_customers') }} as bond_hash,
        {{ hash_relation_row('messages') }} as row_hash,
        messages.sent_at <= as_of.as_of_at as has_happened
    from messages
    cross join as_of
    inner join message_customers
        on
            messages.brand_id = message_customers.brand_id
            and messages.message_id = message_customers.message_id

    union all

    select
        customer_nodes.customer_id,
        customer_nodes.node_id as bond_hash,
        {{ hash_relation_row('decisions') }} as row_hash,
        true as has_happened
    from decisions
    inner join customer_nodes
        on decisions.node_id = customer_nodes.node_id

    union all

    select
        customer_id,
        null as bond_hash,
        {{ hash_relation_row('customer_nodes') }} as row_hash,
        true as has_happened
    from customer_nodes

    union all

    select
        customer_id,
        null as bond_hash,
        {{ hash_relation_row('customers') }} as row_hash,
        true as has_happened
    from customers

    union all

    select
        customer_id,
        null as bond_hash,
        {{ hash_relation_row('restrictions') }} as row_hash,
        true as has_happened
    from restrictions
),

-- A sum, since it asks for no order of the rows.
states_summed as (
    select
        customer_id,
        sum(cast({{ hash_relation_row('facts_bound') }} as decimal(20, 0))) as state
    from facts_bound
    group by customer_id
)

select * from states_summed
