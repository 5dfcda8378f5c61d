-- depends_on: {{ ref('base_engagement__events') }}
-- depends_on: {{ ref('stg_privacy__retention_cuts') }}
{{ config(
    materialized=loaded_by_file(),
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook=[
        "{{ follow_reading(ref('int_engagement__session_events')) }}",
        "{{ follow_retention('events') }}",
        "{{ find_changes(changed_visitors() ~ ' union ' ~ visitors_passed_by_retention()) }}",
        "{{ forget_changes(['brand_id', 'visitor_key']) }}",
    ],
    post_hook="{{ finish_loading() }}"
) }}

-- A visitor is the strongest of an event's identifiers, so each set belongs to one of them.
with session_events as (
    select
        brand_id,
        visitor_key,
        contact_id,
        email_key,
        device_id,
        event_id,
        occurred_at
    from {{ ref('int_engagement__session_events') }}
    -- incremental or whole
    {% if is_incremental() %}
        where (brand_id, visitor_key) in (
            select
                changes.brand_id,
                changes.visitor_key
            from {{ changes() }} as changes
        )
    {% endif %}
    -- in any case
),

sets_gathered as (
    select
        brand_id,
        visitor_key,
        contact_id,
        email_key,
        device_id,
        min(event_id) as first_event_id,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        count(*) as record_count
    from session_events
    where coalesce(contact_id, email_key, device_id) is not null
    group by brand_id, visitor_key, contact_id, email_key, device_id
),

sets_numbered as (
    select
        {{ identifier_set_id(
            'brand_id', contact_id='contact_id', email_key='email_key', device_id='device_id'
        ) }} as identifier_set_id,
        brand_id,
        visitor_key,
        contact_id,
        email_key,
        device_id,
        concat('events|', first_event_id) as evidence,
        first_seen_at,
        last_seen_at,
        record_count,
        {{ reading_id() }} as reading_id,
        {{ read_number() }} as read_number
    from sets_gathered
)

select * from sets_numbered
