-- A build as of a past day is compared with what was decided then; one visit or message of
-- afterwards makes every such comparison flatter the present. Who people are known to be is not
-- limited, nor what is planned, so only moments at which something happened are looked at.
with as_of as (
    select as_of_at, as_of_date
    from {{ ref('int_operations__as_of') }}
),

moments as (
    select 'customer_timeline' as mart, max(occurred_at) as last_at
    from {{ ref('customer_timeline') }}

    union all

    select 'sessions' as mart, max(ended_at) as last_at
    from {{ ref('sessions') }}

    union all

    select 'carts' as mart, max(last_step_at) as last_at
    from {{ ref('carts') }}

    union all

    select 'contact_pressure' as mart, max(last_message_at) as last_at
    from {{ ref('contact_pressure') }}

    union all

    select 'campaign_performance' as mart, max(last_sent_at) as last_at
    from {{ ref('campaign_performance') }}

    union all

    select 'attribution' as mart, max(greatest(ordered_at, coalesce(touched_at, ordered_at)))
        as last_at
    from {{ ref('attribution') }}

    union all

    select 'loyalty_cards' as mart, max(last_event_at) as last_at
    from {{ ref('loyalty_cards') }}

    union all

    select 'brand_activity' as mart, max(last_activity_at) as last_at
    from {{ ref('brand_activity') }}

    union all

    select 'customer_brand_360 orders' as mart, max(last_order_at) as last_at
    from {{ ref('customer_brand_360') }}

    union all

    select 'customer_brand_360 visits' as mart, max(last_session_at) as last_at
    from {{ ref('customer_brand_360') }}

    union all

    select 'customer_brand_360 messages' as mart, max(last_message_at) as last_at
    from {{ ref('customer_brand_360') }}
),

days as (
    select 'kpi_daily' as mart, max(kpi_date) as last_date
    from {{ ref('kpi_daily') }}

    union all

    select 'service_quality' as mart, max(service_date) as last_date
    from {{ ref('service_quality') }}
)

select moments.mart
from moments
cross join as_of
where moments.last_at > as_of.as_of_at

union all

select days.mart
from days
cross join as_of
where days.last_date > as_of.as_of_date
