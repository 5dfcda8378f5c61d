with

-- Only moments at which something happened; updated_at is left out, since a nightly dump stamps it
-- with the time of the dump.
moments as (
    select max(ordered_at) as newest_at from {{ ref('stg_transaction__orders') }}
    union all
    select max(returned_at) as newest_at from {{ ref('stg_transaction__returns') }}
    union all
    select max(occurred_at) as newest_at from {{ ref('stg_engagement__events') }}
    union all
    select max(created_at) as newest_at from {{ ref('stg_engagement__share_codes') }}
    union all
    select max(reviewed_at) as newest_at from {{ ref('stg_engagement__reviews') }}
    union all
    select max(answered_at) as newest_at from {{ ref('stg_engagement__survey_responses') }}
    union all
    select max(occurred_at) as newest_at from {{ ref('stg_communication__message_events') }}
    union all
    select max(opened_at) as newest_at from {{ ref('stg_communication__service_interactions') }}
    union all
    select max(occurred_at) as newest_at from {{ ref('stg_loyalty__loyalty_events') }}
    union all
    select max(decided_at) as newest_at from {{ ref('stg_privacy__consent_events') }}
    union all
    select max(requested_at) as newest_at from {{ ref('stg_privacy__privacy_requests') }}
),

-- A brand that delivers contacts only still has a newest day: the last registration.
registrations as (
    select max(registered_at) as newest_at from {{ ref('stg_contact__contacts') }}
),

-- Without data and without the variable there is still one row, so that a cross join loses nothing.
-- A variable that is no time gives null and fails the test, rather than a build of some other day.
resolved as (
    select
        case
            when '{{ var('as_of') }}' = ''
                then coalesce(
                    max(moments.newest_at),
                    max(registrations.newest_at),
                    timestamp '1970-01-01 00:00:00'
                )
            else {{ typed_timestamp("'" ~ var('as_of') ~ "'") }}
        end as as_of_at
    from moments
    cross join registrations
),

dated as (
    select
        as_of_at,
        cast(as_of_at as date) as as_of_date
    from resolved
)

select * from dated
