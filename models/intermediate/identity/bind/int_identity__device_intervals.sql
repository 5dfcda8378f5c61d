with

session_events as (
    select * from {{ ref('int_engagement__session_events') }}
),

records as (
    select * from {{ ref('int_identity__records') }}
),

set_customers as (
    select * from {{ ref('int_identity__set_customers') }}
),

authentications as (
    select
        brand_id,
        device_id,
        occurred_at,
        concat('events|', event_id) as evidence,
        {{ identifier_set_id(
            'brand_id', contact_id='contact_id', email_key='email_key', device_id='device_id'
        ) }} as identifier_set_id
    from session_events
    where
        device_id is not null
        and (contact_id is not null or email_key is not null)

    union all

    -- Who orders on a device under an e-mail or an account has said who they are.
    select
        brand_id,
        device_id,
        first_seen_at as occurred_at,
        concat('orders|', record_id) as evidence,
        identifier_set_id
    from records
    where
        feed = 'orders'
        and device_id is not null
),

people_known as (
    select
        authentications.brand_id,
        authentications.device_id,
        authentications.occurred_at,
        authentications.evidence,
        set_customers.customer_id
    from authentications
    inner join set_customers
        on authentications.identifier_set_id = set_customers.identifier_set_id
),

hands_watched as (
    select
        brand_id,
        device_id,
        occurred_at,
        evidence,
        customer_id,
        lag(customer_id) over (
            partition by brand_id, device_id
            order by occurred_at, evidence
        ) as previous_customer_id
    from people_known
),

hands_changed as (
    select
        brand_id,
        device_id,
        customer_id,
        occurred_at,
        evidence,
        previous_customer_id is null as is_first
    from hands_watched
    where
        previous_customer_id is null
        or previous_customer_id <> customer_id
),

intervals as (
    select
        brand_id,
        device_id,
        customer_id,
        evidence,
        is_first,
        occurred_at as authenticated_at,
        lead(occurred_at) over (
            partition by brand_id, device_id
            order by occurred_at, evidence
        ) as next_authenticated_at
    from hands_changed
),

bounded as (
    select
        brand_id,
        device_id,
        customer_id,
        evidence,
        authenticated_at,
        -- Before anybody was known on the device, the first one to be known claims a while.
        case
            when is_first
                then {{ add_days('authenticated_at', '-' ~ var('device_lookahead_days')) }}
            else authenticated_at
        end as valid_from_at,
        coalesce(next_authenticated_at, cast('9999-12-31' as {{ type_timestamp() }})) as valid_to_at
    from intervals
)

select * from bounded
where valid_from_at < valid_to_at
