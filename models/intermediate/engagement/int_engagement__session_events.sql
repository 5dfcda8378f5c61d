-- depends_on: {{ ref('base_engagement__events') }}
-- depends_on: {{ ref('stg_privacy__retention_cuts') }}
{{ config(
    materialized=loaded_by_file(),
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook=[
        "{{ follow_reading(ref('base_engagement__events'), ref('stg_engagement__events')) }}",
        "{{ follow_retention('events') }}",
        "{{ find_changes(changed_visitors() ~ ' union ' ~ visitors_passed_by_retention()) }}",
        "{{ forget_changes(['brand_id', 'visitor_key']) }}",
    ],
    post_hook="{{ finish_loading() }}"
) }}

-- Sessions are found on four narrow columns and joined back to the events, which costs less than
-- sorting whole events; the landing columns stand on a session's first event only.
with events as {{ inlined() }} (
    select
        brand_id,
        event_id,
        event_type,
        occurred_at,
        device_id,
        contact_id,
        email_key,
        message_id,
        share_code,
        product_id,
        category,
        order_id,
        event_value,
        platform,
        page_url,
        referrer_url,
        utm_source,
        utm_medium,
        utm_campaign,
        {{ visitor_key() }} as visitor_key
    from {{ ref('stg_engagement__events') }}
    -- incremental or whole
    {% if is_incremental() %}
        where (brand_id, {{ visitor_key() }}) in (
            select
                changes.brand_id,
                changes.visitor_key
            from {{ changes() }} as changes
        )
    {% endif %}
    -- in any case
),

events_preceded as (
    select
        brand_id,
        event_id,
        visitor_key,
        occurred_at,
        lag(occurred_at) over (
            partition by brand_id, visitor_key
            order by occurred_at, event_id
        ) as previous_at
    from events
),

starts_marked as (
    select
        brand_id,
        event_id,
        visitor_key,
        occurred_at,
        (
            previous_at is null
            or {{ epoch_microseconds('occurred_at') }} - {{ epoch_microseconds('previous_at') }}
            > {{ var('session_gap_minutes') | int * 60000000 }}
        ) as is_session_start
    from events_preceded
),

-- The latest start up to an event is its session's. Of the events of one moment at most one is a
-- start, and it comes first; the others need no order among themselves.
sessions_assigned as (
    select
        brand_id,
        event_id,
        is_session_start,
        max(case when is_session_start then occurred_at end) over (
            partition by brand_id, visitor_key
            order by occurred_at, is_session_start desc
            rows between unbounded preceding and current row
        ) as session_started_at
    from starts_marked
),

events_in_sessions as (
    select
        events.brand_id,
        events.event_id,
        md5(
            events.brand_id || '|' || events.visitor_key || '|'
            || cast(
                {{ epoch_microseconds('sessions_assigned.session_started_at') }}
                as {{ dbt.type_string() }}
            )
        ) as session_id,
        events.visitor_key,
        events.event_type,
        events.device_id,
        events.contact_id,
        events.email_key,
        events.message_id,
        events.share_code,
        events.product_id,
        events.category,
        events.order_id,
        events.platform,
        case when sessions_assigned.is_session_start then events.page_url end as landing_page_url,
        case
            when sessions_assigned.is_session_start then events.referrer_url
        end as landing_referrer_url,
        case when sessions_assigned.is_session_start then events.utm_source end as landing_source,
        case when sessions_assigned.is_session_start then events.utm_medium end as landing_medium,
        case
            when sessions_assigned.is_session_start then events.utm_campaign
        end as landing_campaign,
        events.event_value,
        sessions_assigned.is_session_start,
        events.occurred_at,
        {{ reading_id() }} as reading_id,
        {{ read_number() }} as read_number
    from events
    inner join sessions_assigned
        on
            events.brand_id = sessions_assigned.brand_id
            and events.event_id = sessions_assigned.event_id
)

select * from events_in_sessions
