{#
    How the addresses that are known by their matching key were written. The key has no +tag and, at Gmail,
    no dots; a message goes to the address that the person gave, since elsewhere the two may be different
    mailboxes. Contacts are left out, as in int_communication__addresses: what a deleted one held must not
    come back.
#}
with

orders as (
    select brand_id, email_key, email, ordered_at as written_at
    from {{ ref('stg_transaction__orders') }}
    where email is not null
),

reviews as (
    select brand_id, email_key, email, reviewed_at as written_at
    from {{ ref('stg_engagement__reviews') }}
    where email is not null
),

survey_responses as (
    select brand_id, email_key, email, answered_at as written_at
    from {{ ref('stg_engagement__survey_responses') }}
    where email is not null
),

share_codes as (
    select brand_id, email_key, email, created_at as written_at
    from {{ ref('stg_engagement__share_codes') }}
    where email is not null
),

service_interactions as (
    select brand_id, email_key, email, opened_at as written_at
    from {{ ref('stg_communication__service_interactions') }}
    where email is not null
),

loyalty_events as (
    select brand_id, email_key, email, occurred_at as written_at
    from {{ ref('stg_loyalty__loyalty_events') }}
    where email is not null
),

consent_events as (
    select brand_id, email_key, email, decided_at as written_at
    from {{ ref('stg_privacy__consent_events') }}
    where email is not null
),

records_united as (
    select brand_id, email_key, email, written_at
    from orders

    union all

    select brand_id, email_key, email, written_at
    from reviews

    union all

    select brand_id, email_key, email, written_at
    from survey_responses

    union all

    select brand_id, email_key, email, written_at
    from share_codes

    union all

    select brand_id, email_key, email, written_at
    from service_interactions

    union all

    select brand_id, email_key, email, written_at
    from loyalty_events

    union all

    select brand_id, email_key, email, written_at
    from consent_events
),

addresses_seen as (
    select
        brand_id,
        email_key,
        email,
        max(written_at) as last_written_at
    from records_united
    group by brand_id, email_key, email
),

addresses_ranked as (
    select
        brand_id,
        email_key,
        email,
        last_written_at,
        row_number() over (
            partition by brand_id, email_key
            order by last_written_at desc, email
        ) as recency_rank
    from addresses_seen
),

last_written as (
    select brand_id, email_key, email, last_written_at
    from addresses_ranked
    where recency_rank = 1
)

select * from last_written
