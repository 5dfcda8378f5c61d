-- It fails closed: without a decision there is no consent, and nothing but a grant makes one. What
-- was granted before an unsubscription from the channel does not outlive it.
with brands_known as (
    select customer_id, brand_id
    from {{ ref('int_engagement__activity_scores') }}
),

customers as (
    select customer_id, is_suspect
    from {{ ref('int_identity__customers') }}
),

channels as (
    select channel, is_addressed_by
    from {{ ref('channels') }}
),

brands as (
    select brand_id, controller_id
    from {{ ref('brands') }}
),

customer_consents as (
    select customer_id, brand_id, channel, is_granted, decided_at
    from {{ ref('int_privacy__customer_consents') }}
    where purpose = 'marketing'
),

suppressions as (
    select customer_id, brand_id, channel, event_type, address, last_at
    from {{ ref('int_communication__suppressions') }}
),

addresses as (
    select customer_id, brand_id, address_kind, address
    from {{ ref('int_communication__addresses') }}
),

restrictions as (
    select customer_id, controller_id
    from {{ ref('int_privacy__restrictions') }}
),

as_of as (
    select as_of_date
    from {{ ref('int_operations__as_of') }}
),

answers_summed as (
    select
        customer_id,
        brand_id,
        channel,
        max(case when event_type = 'unsubscribed' then last_at end) as unsubscribed_at,
        max(case when event_type = 'complained' then last_at end) as complained_at,
        max(case when event_type = 'bounced' and address is null then last_at end)
            as bounced_at
    from suppressions
    where customer_id is not null
    group by customer_id, brand_id, channel
),

-- An address is dead for whoever wrote to it.
addresses_bounced as (
    select
        channels.is_addressed_by as address_kind,
        suppressions.address,
        brands.controller_id,
        max(suppressions.last_at) as bounced_at
    from suppressions
    inner join channels
        on suppressions.channel = channels.channel
    inner join brands
        on suppressions.brand_id = brands.brand_id
    where suppressions.event_type = 'bounced' and suppressions.address is not null
    group by channels.is_addressed_by, suppressions.address, brands.controller_id
),

-- A message that nobody can be told to have got was still answered by somebody at that address.
answers_by_address as (
    select
        brand_id,
        channel,
        address,
        max(case when event_type = 'unsubscribed' then last_at end) as unsubscribed_at,
        max(case when event_type = 'complained' then last_at end) as complained_at
    from suppressions
    where customer_id is null and address is not null
    group by brand_id, channel, address
),

channels_spread as (
    select
        brands_known.customer_id,
        brands_known.brand_id,
        channels.channel,
        brands.controller_id,
        case
            when channels.channel = 'app_push' then 'app_device'
            when channels.is_addressed_by = 'device_id' then 'web_device'
            else channels.is_addressed_by
        end as address_kind
    from brands_known
    cross join channels
    inner join brands
        on brands_known.brand_id = brands.brand_id
),

answers_joined as (
    select
        channels_spread.customer_id,
        channels_spread.brand_id,
        channels_spread.channel,
        customers.is_suspect,
        customer_consents.is_granted,
        customer_consents.decided_at as consent_decided_at,
        nullif(
            greatest(
                coalesce(answers_summed.unsubscribed_at, timestamp '1900-01-01 00:00:00'),
                coalesce(answers_by_address.unsubscribed_at, timestamp '1900-01-01 00:00:00')
            ),
            timestamp '1900-01-01 00:00:00'
        ) as unsubscribed_at,
        answers_summed.bounced_at is not null
        or addresses_bounced.bounced_at is not null as is_hard_bounced,
        answers_summed.complained_at is not null
        or answers_by_address.complained_at is not null as has_complained,
        restrictions.customer_id is not null as is_restricted,
        addresses.address_kind is not null as has_address
    from channels_spread
    inner join customers
        on channels_spread.customer_id = customers.customer_id
    left join customer_consents
        on
            channels_spread.customer_id = customer_consents.customer_id
            and channels_spread.brand_id = customer_consents.brand_id
            and channels_spread.channel = customer_consents.channel
    left join answers_summed
        on
            channels_spread.customer_id = answers_summed.customer_id
            and channels_spread.brand_id = answers_summed.brand_id
            and channels_spread.channel = answers_summed.channel
    left join addresses
        on
            channels_spread.customer_id = addresses.customer_id
            and channels_spread.brand_id = addresses.brand_id
            and channels_spread.address_kind = addresses.address_kind
    left join addresses_bounced
        on
            addresses.address_kind = addresses_bounced.address_kind
            and addresses.address = addresses_bounced.address
            and channels_spread.controller_id = addresses_bounced.controller_id
    left join answers_by_address
        on
            addresses.brand_id = answers_by_address.brand_id
            and addresses.address = answers_by_address.address
            and channels_spread.channel = answers_by_address.channel
    left join restrictions
        on
            channels_spread.customer_id = restrictions.customer_id
            and channels_spread.controller_id = restrictions.controller_id
),

obstacles_found as (
    select
        customer_id,
        brand_id,
        channel,
        is_suspect,
        is_granted is not null as has_decision,
        (
            coalesce(is_granted, false)
            and coalesce(unsubscribed_at < consent_decided_at, unsubscribed_at is null)
        ) as has_consent,
        is_hard_bounced,
        has_complained,
        is_restricted,
        has_address,
        consent_decided_at,
        unsubscribed_at
    from answers_joined
),

judged as (
    select
        obstacles_found.customer_id,
        obstacles_found.brand_id,
        obstacles_found.channel,
        as_of.as_of_date,
        (
            obstacles_found.has_consent
            and not obstacles_found.is_hard_bounced
            and not obstacles_found.has_complained
            and not obstacles_found.is_restricted
            and obstacles_found.has_address
        ) as may_contact,
        case
            when
                not obstacles_found.has_decision and obstacles_found.unsubscribed_at is null
                then 'no_consent'
            when not obstacles_found.has_consent then 'withdrawn'
            when obstacles_found.is_hard_bounced then 'hard_bounce'
            when obstacles_found.has_complained then 'complaint'
            when obstacles_found.is_restricted then 'restriction'
            when not obstacles_found.has_address then 'no_address'
        end as reason,
        obstacles_found.has_consent,
        obstacles_found.is_hard_bounced,
        obstacles_found.has_complained,
        obstacles_found.is_restricted,
        obstacles_found.has_address,
        obstacles_found.is_suspect,
        obstacles_found.consent_decided_at,
        obstacles_found.unsubscribed_at
    from obstacles_found
    cross join as_of
)

select * from judged
