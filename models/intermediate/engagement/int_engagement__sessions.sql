-- depends_on: {{ ref('base_engagement__events') }}
-- depends_on: {{ ref('stg_privacy__retention_cuts') }}
{{ config(
    materialized=loaded_by_file(),
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook=[
        "{{ follow_reading(ref('int_engagement__session_events')) }}",
        "{{ follow_as_of() }}",
        "{{ follow_retention('events') }}",
        "{{ find_changes(changed_visitors() ~ ' union ' ~ visitors_passed_by_as_of() ~ ' union ' ~ visitors_passed_by_retention()) }}",
        "{{ forget_changes(['brand_id', 'visitor_key']) }}",
    ],
    post_hook="{{ finish_loading() }}"
) }}

-- A session as it stood at as_of: one that went on is told up to then, one that came later not at
-- all.
with all_session_events as {{ inlined() }} (
    select
        session_id,
        brand_id,
        event_id,
        visitor_key,
        event_type,
        device_id,
        contact_id,
        message_id,
        share_code,
        order_id,
        platform,
        landing_page_url,
        landing_referrer_url,
        landing_source,
        landing_medium,
        landing_campaign,
        is_session_start,
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

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

session_events as {{ inlined() }} (
    select
        all_session_events.session_id,
        all_session_events.brand_id,
        all_session_events.event_id,
        all_session_events.visitor_key,
        all_session_events.event_type,
        all_session_events.device_id,
        all_session_events.contact_id,
        all_session_events.message_id,
        all_session_events.share_code,
        all_session_events.order_id,
        all_session_events.platform,
        all_session_events.landing_page_url,
        all_session_events.landing_referrer_url,
        all_session_events.landing_source,
        all_session_events.landing_medium,
        all_session_events.landing_campaign,
        all_session_events.is_session_start,
        all_session_events.occurred_at
    from all_session_events
    cross join as_of
    where all_session_events.occurred_at <= as_of.as_of_at
),

sessions_counted as (
    select
        session_id,
        min(brand_id) as brand_id,
        min(visitor_key) as visitor_key,
        min(device_id) as device_id,
        max(case when is_session_start then platform end) as platform,
        max(case when is_session_start then message_id end) as landing_message_id,
        max(case when is_session_start then share_code end) as landing_share_code,
        max(landing_page_url) as landing_page_url,
        max(landing_referrer_url) as landing_referrer_url,
        max(landing_source) as landing_source,
        max(landing_medium) as landing_medium,
        max(landing_campaign) as landing_campaign,
        count(*) as event_count,
        count(case when event_type = 'page_view' then 1 end) as page_view_count,
        count(case when event_type = 'product_view' then 1 end) as product_view_count,
        count(case when event_type = 'category_view' then 1 end) as category_view_count,
        count(case when event_type = 'search' then 1 end) as search_count,
        count(case when event_type = 'add_to_cart' then 1 end) as add_to_cart_count,
        count(case when event_type = 'remove_from_cart' then 1 end) as remove_from_cart_count,
        count(case when event_type = 'checkout_started' then 1 end) as checkout_count,
        count(case when event_type = 'purchase' then 1 end) as purchase_count,
        count(
            case when contact_id is not null or event_type in ('login', 'registration') then 1 end
        ) > 0 as is_logged_in,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at
    from session_events
    group by session_id
),

-- Purchases are few, so the first one is picked apart from the counting.
purchases_ranked as (
    select
        session_id,
        order_id,
        row_number() over (partition by session_id order by occurred_at, event_id) as purchase_rank
    from session_events
    where event_type = 'purchase' and order_id is not null
),

first_purchases as (
    select
        session_id,
        order_id
    from purchases_ranked
    where purchase_rank = 1
),

sessions_completed as (
    select
        sessions_counted.session_id,
        sessions_counted.brand_id,
        sessions_counted.visitor_key,
        sessions_counted.device_id,
        first_purchases.order_id,
        sessions_counted.platform,
        sessions_counted.landing_message_id,
        sessions_counted.landing_share_code,
        sessions_counted.landing_source,
        sessions_counted.landing_medium,
        sessions_counted.landing_campaign,
        sessions_counted.landing_page_url,
        sessions_counted.landing_referrer_url,
        sessions_counted.event_count,
        sessions_counted.page_view_count,
        sessions_counted.product_view_count,
        sessions_counted.category_view_count,
        sessions_counted.search_count,
        sessions_counted.add_to_cart_count,
        sessions_counted.remove_from_cart_count,
        sessions_counted.checkout_count,
        sessions_counted.purchase_count,
        cast(
            floor(
                (
                    {{ epoch_microseconds('sessions_counted.ended_at') }}
                    - {{ epoch_microseconds('sessions_counted.started_at') }}
                ) / 1e6
            ) as bigint
        ) as duration_seconds,
        sessions_counted.is_logged_in,
        (
            sessions_counted.add_to_cart_count + sessions_counted.checkout_count > 0
        ) as has_cart,
        sessions_counted.purchase_count > 0 as has_purchase,
        (
            sessions_counted.add_to_cart_count + sessions_counted.checkout_count > 0
            and sessions_counted.purchase_count = 0
        ) as is_cart_abandoned,
        sessions_counted.started_at,
        sessions_counted.ended_at,
        {{ reading_id() }} as reading_id,
        {{ read_number() }} as read_number
    from sessions_counted
    left join first_purchases
        on sessions_counted.session_id = first_purchases.session_id
)

select * from sessions_completed
