-- depends_on: {{ ref('base_communication__message_events') }}
-- depends_on: {{ ref('stg_privacy__retention_cuts') }}
{{ config(
    materialized=loaded_by_file(),
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook=[
        "{{ follow_reading(ref('base_communication__message_events'), ref('stg_communication__message_events')) }}",
        "{{ follow_retention('message_events') }}",
        "{{ find_changes(changed_recipients() ~ ' union ' ~ recipients_passed_by_retention()) }}",
        "{{ forget_changes(['brand_id', 'recipient_key']) }}",
    ],
    post_hook="{{ finish_loading() }}"
) }}

-- A push token is where a message went, not where somebody logged in, so the device is left out.
with message_events as (
    select
        brand_id,
        {{ recipient_key() }} as recipient_key,
        contact_id,
        email_key,
        phone,
        event_id,
        occurred_at
    from {{ ref('stg_communication__message_events') }}
    -- incremental or whole
    {% if is_incremental() %}
        where (brand_id, {{ recipient_key() }}) in (
            select
                changes.brand_id,
                changes.recipient_key
            from {{ changes() }} as changes
        )
    {% endif %}
    -- in any case
),

sets_gathered as (
    select
        brand_id,
        recipient_key,
        contact_id,
        email_key,
        phone,
        min(event_id) as first_event_id,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        count(*) as record_count
    from message_events
    where recipient_key is not null
    group by brand_id, recipient_key, contact_id, email_key, phone
),

sets_numbered as (
    select
        {{ identifier_set_id(
            'brand_id', contact_id='contact_id', email_key='email_key', phone='phone'
        ) }} as identifier_set_id,
        brand_id,
        recipient_key,
        contact_id,
        email_key,
        phone,
        concat('message_events|', first_event_id) as evidence,
        first_seen_at,
        last_seen_at,
        record_count,
        {{ reading_id() }} as reading_id,
        {{ read_number() }} as read_number
    from sets_gathered
)

select * from sets_numbered
