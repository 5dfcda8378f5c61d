-- A record that staging accepted and customer_records does not list has been lost on the way.
with

staged as (
    select
        'contacts' as feed,
        count(*) as record_count
    from {{ ref('stg_contact__contacts') }}
    union all
    select
        'orders' as feed,
        count(*) as record_count
    from {{ ref('stg_transaction__orders') }}
    union all
    select
        'returns' as feed,
        count(*) as record_count
    from {{ ref('stg_transaction__returns') }}
    union all
    select
        'reviews' as feed,
        count(*) as record_count
    from {{ ref('stg_engagement__reviews') }}
    union all
    select
        'survey_responses' as feed,
        count(*) as record_count
    from {{ ref('stg_engagement__survey_responses') }}
    union all
    select
        'share_codes' as feed,
        count(*) as record_count
    from {{ ref('stg_engagement__share_codes') }}
    union all
    select
        'service_interactions' as feed,
        count(*) as record_count
    from {{ ref('stg_communication__service_interactions') }}
    union all
    select
        'loyalty_events' as feed,
        count(*) as record_count
    from {{ ref('stg_loyalty__loyalty_events') }}
    union all
    select
        'consent_events' as feed,
        count(*) as record_count
    from {{ ref('stg_privacy__consent_events') }}
),

published as (
    select
        feed,
        count(*) as record_count
    from {{ ref('customer_records') }}
    group by feed
)

select
    staged.feed,
    staged.record_count,
    published.record_count as published_count
from staged
left join published
    on staged.feed = published.feed
where staged.record_count <> coalesce(published.record_count, 0)
