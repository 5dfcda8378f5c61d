{#
    Where each brand can reach its customers, by its own records alone. E-mail and phone are those the
    brand's profile shows where they are usable, else the latest on its other records; an address that
    links nobody (a placeholder, the shop's own, a mailbox of many) is nobody's address either.
#}
with

brand_profiles as (
    select * from {{ ref('int_customer__brand_profiles') }}
),

records as (
    select * from {{ ref('int_identity__records') }}
),

record_customers as (
    select * from {{ ref('int_identity__record_customers') }}
),

identifiers as (
    select * from {{ ref('int_identity__identifiers') }}
),

brands as (
    select * from {{ ref('brands') }}
),

sessions as (
    select * from {{ ref('int_engagement__sessions') }}
),

session_customers as (
    select * from {{ ref('int_identity__session_customers') }}
),

messages as (
    select * from {{ ref('int_communication__messages') }}
),

message_customers as (
    select * from {{ ref('int_identity__message_customers') }}
),

-- What a deleted contact held must not come back by the side door, hence no contacts here.
records_bound as (
    select
        record_customers.customer_id,
        records.brand_id,
        records.email_key,
        records.phone,
        records.last_seen_at
    from records
    inner join record_customers
        on
            records.brand_id = record_customers.brand_id
            and records.feed = record_customers.feed
            and records.record_id = record_customers.record_id
    where
        records.feed <> 'contacts'
        and record_customers.customer_id is not null
),

candidates as (
    select
        customer_id,
        brand_id,
        'email' as address_kind,
        {{ email_key('email') }} as address,
        0 as source_rank,
        contact_updated_at as last_seen_at
    from brand_profiles
    where email is not null

    union all

    select
        customer_id,
        brand_id,
        'phone' as address_kind,
        phone as address,
        0 as source_rank,
        contact_updated_at as last_seen_at
    from brand_profiles
    where phone is not null

    union all

    select
        customer_id,
        brand_id,
        'email' as address_kind,
        email_key as address,
        1 as source_rank,
        max(last_seen_at) as last_seen_at
    from records_bound
    where email_key is not null
    group by customer_id, brand_id, email_key

    union all

    select
        customer_id,
        brand_id,
        'phone' as address_kind,
        phone as address,
        1 as source_rank,
        max(last_seen_at) as last_seen_at
    from records_bound
    where phone is not null
    group by customer_id, brand_id, phone
),

candidates_ranked as (
    select
        candidates.customer_id,
        candidates.brand_id,
        candidates.address_kind,
        candidates.address,
        row_number() over (
            partition by candidates.customer_id, candidates.brand_id, candidates.address_kind
            order by candidates.source_rank, candidates.last_seen_at desc, candidates.address
        ) as address_rank
    from candidates
    inner join brands
        on candidates.brand_id = brands.brand_id
    inner join identifiers
        on
            candidates.address_kind = identifiers.identifier_type
            and candidates.address = identifiers.identifier_value
            and identifiers.scope_id in (brands.brand_id, brands.controller_id)
    where identifiers.is_usable
),

devices_seen as (
    select
        session_customers.customer_id,
        sessions.brand_id,
        case
            when sessions.platform in ('ios', 'android') then 'app_device' else 'web_device'
        end as address_kind
    from sessions
    inner join session_customers
        on sessions.session_id = session_customers.session_id
    where sessions.device_id is not null

    union distinct

    select
        message_customers.customer_id,
        messages.brand_id,
        case when messages.channel = 'app_push' then 'app_device' else 'web_device' end
            as address_kind
    from messages
    inner join message_customers
        on
            messages.brand_id = message_customers.brand_id
            and messages.message_id = message_customers.message_id
    where
        messages.device_id is not null
        and messages.channel in ('web_push', 'app_push', 'chat')
),

addresses_united as (
    select
        customer_id,
        brand_id,
        address_kind,
        address
    from candidates_ranked
    where address_rank = 1

    union all

    select
        customer_id,
        brand_id,
        address_kind,
        cast(null as {{ type_string() }}) as address
    from devices_seen

    union all

    select
        customer_id,
        brand_id,
        'street' as address_kind,
        cast(null as {{ type_string() }}) as address
    from brand_profiles
    where street is not null
)

select * from addresses_united
