{#
    Who asked to be left alone. A request binds the controller that it was made to, so all its brands;
    it names the person by one identifier, and whoever has a record under that identifier is taken to
    have asked: to stop writing to a relative as well does no harm.
#}
with

privacy_requests as (
    select * from {{ ref('stg_privacy__privacy_requests') }}
),

brands as (
    select * from {{ ref('brands') }}
),

identifier_types as (
    select * from {{ ref('identifier_types') }}
),

observations as (
    select * from {{ ref('int_identity__observations') }}
),

identifiers as (
    select * from {{ ref('int_identity__identifiers') }}
),

set_customers as (
    select * from {{ ref('int_identity__set_customers') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

requests_scoped as (
    select
        brands.controller_id,
        privacy_requests.request_type,
        privacy_requests.identifier_type,
        privacy_requests.identifier_value,
        case identifier_types.scope
            when 'controller' then brands.controller_id
            else brands.brand_id
        end as scope_id,
        privacy_requests.requested_at
    from privacy_requests
    cross join as_of
    inner join brands
        on privacy_requests.brand_id = brands.brand_id
    inner join identifier_types
        on privacy_requests.identifier_type = identifier_types.identifier_type
    where
        privacy_requests.request_type in ('restriction', 'objection', 'erasure')
        and privacy_requests.requested_at <= as_of.as_of_at
),

-- A request under noreply@ would silence everybody who ever left that.
requests_bound as (
    select
        set_customers.customer_id,
        requests_scoped.controller_id,
        min(requests_scoped.requested_at) as restricted_at
    from requests_scoped
    inner join observations
        on
            requests_scoped.identifier_type = observations.identifier_type
            and requests_scoped.scope_id = observations.scope_id
            and requests_scoped.identifier_value = observations.identifier_value
    inner join identifiers
        on observations.identifier_id = identifiers.identifier_id
    inner join set_customers
        on observations.identifier_set_id = set_customers.identifier_set_id
    where coalesce(identifiers.unusable_reason, '') <> 'placeholder'
    group by set_customers.customer_id, requests_scoped.controller_id
)

select * from requests_bound
