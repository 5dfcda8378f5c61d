-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key(), asks_as_of='passed') }}

-- What passed between a customer and each brand and, in the scope all, the group: messages and
-- cases of the service desk, counted once for both 360s.
with messages as (
    select brand_id, message_id, direction, opened_count, clicked_count, sent_at
    from {{ ref('int_communication__messages') }}
),

message_customers as (
    select brand_id, message_id, customer_id
    from {{ ref('int_identity__message_customers') }}
),

service_interactions as (
    select brand_id, interaction_id, opened_at
    from {{ ref('stg_communication__service_interactions') }}
),

record_customers as (
    select brand_id, record_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where feed = 'service_interactions' and customer_id is not null
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

contacts_united as (
    select
        message_customers.customer_id,
        messages.brand_id,
        messages.direction = 'outbound' as is_message_out,
        messages.opened_count > 0 as is_opened,
        messages.clicked_count > 0 as is_clicked,
        false as is_case,
        messages.sent_at as occurred_at
    from messages
    inner join message_customers
        on
            messages.brand_id = message_customers.brand_id
            and messages.message_id = message_customers.message_id

    union all

    select
        record_customers.customer_id,
        service_interactions.brand_id,
        false as is_message_out,
        false as is_opened,
        false as is_clicked,
        true as is_case,
        service_interactions.opened_at as occurred_at
    from service_interactions
    inner join record_customers
        on
            service_interactions.brand_id = record_customers.brand_id
            and service_interactions.interaction_id = record_customers.record_id
),

brands_counted as (
    select
        contacts_united.customer_id,
        contacts_united.brand_id,
        count(case when contacts_united.is_message_out then 1 end) as message_count,
        count(case when contacts_united.is_opened then 1 end) as opened_message_count,
        count(case when contacts_united.is_clicked then 1 end) as clicked_message_count,
        count(case when contacts_united.is_case then 1 end) as service_interaction_count,
        max(case when contacts_united.is_message_out then contacts_united.occurred_at end)
            as last_message_at
    from contacts_united
    cross join as_of
    where contacts_united.occurred_at <= as_of.as_of_at
    group by contacts_united.customer_id, contacts_united.brand_id
),

scopes_united as (
    select
        customer_id,
        brand_id as scope,
        message_count,
        opened_message_count,
        clicked_message_count,
        service_interaction_count,
        last_message_at
    from brands_counted

    union all

    select
        customer_id,
        'all' as scope,
        cast(sum(message_count) as bigint) as message_count,
        cast(sum(opened_message_count) as bigint) as opened_message_count,
        cast(sum(clicked_message_count) as bigint) as clicked_message_count,
        cast(sum(service_interaction_count) as bigint) as service_interaction_count,
        max(last_message_at) as last_message_at
    from brands_counted
    group by customer_id
)

select * from scopes_united
