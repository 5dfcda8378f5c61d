{{ config(materialized=tells_changes(), key='session_id') }}

-- What a build writes beside a session (who read it, and when) is left out: it tells of no change.
with sessions as (
    select
        session_id,
        brand_id,
        visitor_key,
        device_id,
        order_id,
        platform,
        landing_message_id,
        landing_share_code,
        landing_source,
        landing_medium,
        landing_campaign,
        landing_page_url,
        landing_referrer_url,
        event_count,
        page_view_count,
        product_view_count,
        category_view_count,
        search_count,
        add_to_cart_count,
        remove_from_cart_count,
        checkout_count,
        purchase_count,
        duration_seconds,
        is_logged_in,
        has_cart,
        has_purchase,
        is_cart_abandoned,
        started_at,
        ended_at
    from {{ ref('int_engagement__sessions') }}
),

messages as (
    select
        brand_id,
        message_id,
        channel
    from {{ ref('int_communication__messages') }}
),

session_customers as (
    select * from {{ ref('int_identity__session_customers') }}
),

share_codes as (
    select
        brand_id,
        record_id,
        customer_id
    from {{ ref('int_identity__record_customers') }}
    where feed = 'share_codes'
),

rows_hashed as (
    select
        session_id,
        {{ hash_relation_row('sessions') }} as row_hash
    from sessions

    union all

    select
        session_id,
        {{ hash_relation_row('session_customers') }} as row_hash
    from session_customers

    union all

    select
        sessions.session_id,
        {{ hash_relation_row('messages') }} as row_hash
    from sessions
    inner join messages
        on
            sessions.brand_id = messages.brand_id
            and sessions.landing_message_id = messages.message_id

    union all

    select
        sessions.session_id,
        {{ hash_relation_row('share_codes') }} as row_hash
    from sessions
    inner join share_codes
        on
            sessions.brand_id = share_codes.brand_id
            and sessions.landing_share_code = share_codes.record_id
),

-- A sum, since it asks for no order of the rows.
states_summed as (
    select
        session_id,
        sum(cast(row_hash as decimal(20, 0))) as state
    from rows_hashed
    group by session_id
)

select * from states_summed
