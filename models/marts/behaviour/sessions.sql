-- depends_on: {{ ref('int_changes__sessions') }}
{{ config(materialized=made_by_key()) }}

with sessions as (
    select
        session_id,
        brand_id,
        device_id,
        order_id,
        platform,
        landing_message_id,
        landing_share_code,
        landing_source,
        landing_medium,
        landing_campaign,
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

session_landings as (
    select session_id, landing_page_url, referrer_domain, channel_group
    from {{ ref('int_engagement__session_landings') }}
),

session_customers as (
    select session_id, customer_id, link_rule
    from {{ ref('int_identity__session_customers') }}
),

-- Who shared the link is credited with the visit; the visitor stays who they are.
sharers as (
    select
        brand_id,
        record_id as share_code,
        customer_id
    from {{ ref('int_identity__record_customers') }}
    where feed = 'share_codes' and customer_id is not null
),

sessions_bound as (
    select
        sessions.session_id,
        sessions.brand_id,
        sessions.device_id,
        session_customers.customer_id,
        session_customers.link_rule as customer_rule,
        sharers.customer_id as shared_by_customer_id,
        sessions.order_id,
        sessions.platform,
        session_landings.channel_group,
        sessions.landing_source,
        sessions.landing_medium,
        sessions.landing_campaign,
        sessions.landing_message_id,
        session_landings.landing_page_url,
        session_landings.referrer_domain,
        sessions.event_count,
        sessions.page_view_count,
        sessions.product_view_count,
        sessions.category_view_count,
        sessions.search_count,
        sessions.add_to_cart_count,
        sessions.remove_from_cart_count,
        sessions.checkout_count,
        sessions.purchase_count,
        sessions.duration_seconds,
        sessions.is_logged_in,
        sessions.has_cart,
        sessions.has_purchase,
        sessions.is_cart_abandoned,
        sessions.started_at,
        sessions.ended_at
    from sessions
    left join session_landings
        on sessions.session_id = session_landings.session_id
    left join session_customers
        on sessions.session_id = session_customers.session_id
    left join sharers
        on
            sessions.brand_id = sharers.brand_id
            and sessions.landing_share_code = sharers.share_code
)

select * from sessions_bound
