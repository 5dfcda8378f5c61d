-- Rates are only as good as what they are taken of: every outbound message and every case must be
-- counted once in each mart that counts them, and a campaign's cost be neither lost nor doubled by
-- the channels that it is parted over.
with message_responses as (
    select campaign_id, customer_id
    from {{ ref('int_communication__message_responses') }}
),

messages_of_the_profiled as (
    select responses.customer_id
    from {{ ref('int_communication__message_responses') }} as responses
    left join {{ ref('int_privacy__profiling_stops') }} as profiling_stops
        on
            responses.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = 'all'
    where responses.customer_id is not null and profiling_stops.customer_id is null
),

campaign_performance as (
    select campaign_id, brand_id, sent_count, cost_amount
    from {{ ref('campaign_performance') }}
),

channel_affinity as (
    select sent_count
    from {{ ref('channel_affinity') }}
),

contact_pressure as (
    select message_count
    from {{ ref('contact_pressure') }}
),

service_quality as (
    select interaction_count
    from {{ ref('service_quality') }}
),

service_interactions as (
    select opened_at
    from {{ ref('stg_communication__service_interactions') }}
),

campaigns as (
    select brand_id, campaign_id, cost_amount_original, currency_code
    from {{ ref('stg_communication__campaigns') }}
),

brands as (
    select brand_id, currency_code
    from {{ ref('brands') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

-- In the reporting currency itself the cost can be compared without any rate.
costs_known as (
    select campaigns.cost_amount_original
    from campaigns
    inner join brands
        on campaigns.brand_id = brands.brand_id
    where
        coalesce(campaigns.currency_code, brands.currency_code)
        = '{{ var("reporting_currency") }}'
),

costs_shown as (
    select campaign_performance.cost_amount
    from campaign_performance
    inner join campaigns
        on
            campaign_performance.brand_id = campaigns.brand_id
            and campaign_performance.campaign_id = campaigns.campaign_id
    inner join brands
        on campaigns.brand_id = brands.brand_id
    where
        coalesce(campaigns.currency_code, brands.currency_code)
        = '{{ var("reporting_currency") }}'
),

counts_united as (
    select
        'messages of campaigns' as what,
        (select count(*) from message_responses where campaign_id is not null) as happened,
        (select coalesce(sum(sent_count), 0) from campaign_performance) as counted

    union all

    select
        'messages by affinity' as what,
        (select count(*) from messages_of_the_profiled) as happened,
        (select coalesce(sum(sent_count), 0) from channel_affinity) as counted

    union all

    select
        'messages by pressure' as what,
        (select count(*) from message_responses where customer_id is not null) as happened,
        (select coalesce(sum(message_count), 0) from contact_pressure) as counted

    union all

    select
        'cases' as what,
        (
            select count(*)
            from service_interactions
            cross join as_of
            where service_interactions.opened_at <= as_of.as_of_at
        ) as happened,
        (select coalesce(sum(interaction_count), 0) from service_quality) as counted

    union all

    select
        'cost of campaigns' as what,
        (select coalesce(sum(cost_amount_original), 0) from costs_known) as happened,
        (select coalesce(sum(cost_amount), 0) from costs_shown) as counted
)

select *
from counts_united
where happened <> counted
