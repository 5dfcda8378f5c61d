{#
    For the customer lists of advertising platforms, which match people by hashed addresses. To hand
    somebody to such a platform is sharing with a third party: it takes that consent, and a channel that is open
    (sync_profiles has no row and no address without). The platforms want the same hash in forms of their own.
#}
with

profiles as (
    select * from {{ ref('sync_profiles') }}
),

consents as (
    select * from {{ ref('int_privacy__customer_consents') }}
),

-- Sharing is not a matter of channels: one closed channel closes it.
shared as (
    select
        customer_id,
        brand_id
    from consents
    where purpose = 'third_party_sharing'
    group by customer_id, brand_id
    having min(case when is_granted then 1 else 0 end) = 1
),

addressed as (
    select
        profiles.customer_id,
        profiles.brand_id,
        lower(trim(profiles.email)) as email,
        profiles.phone,
        replace(profiles.phone, '+', '') as phone_digits
    from profiles
    inner join shared
        on
            profiles.customer_id = shared.customer_id
            and profiles.brand_id = shared.brand_id
    where profiles.email is not null or profiles.phone is not null
),

hashed as (
    select
        customer_id,
        brand_id,
        {{ hash_sha256('email') }} as custom_audience_email_sha256,
        {{ hash_sha256('phone') }} as custom_audience_phone_google_sha256,
        {{ hash_sha256('phone_digits') }} as custom_audience_phone_meta_sha256
    from addressed
)

select * from hashed
