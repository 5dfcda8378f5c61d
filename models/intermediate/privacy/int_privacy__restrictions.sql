{#
    Who asked to be left alone. A request binds the controller that it was made to, so all its brands;
    it names the person by one identifier, and whoever has a record under that identifier is taken to
    have asked: to stop writing to a relative as well does no harm. A request made after as_of counts, and so
    does one that staging refused: at every brand where its brand is none of ours, and under every type of
    identifier where its type cannot be read. Only "access" asks for nothing of the kind.
#}
with

privacy_requests as (
    select * from {{ ref('stg_privacy__privacy_requests') }}
),

refused_requests as (
    select * from {{ ref('stg_privacy__refused_privacy_requests') }}
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

brand_spellings as (
    select
        brand_id,
        {{ lower_case('trim(brand_id)') }} as spelling
    from brands
),

refused_placed as (
    select
        refused_requests.identifier_type,
        refused_requests.identifier_value_original as value_original,
        refused_requests.requested_at,
        brand_spellings.brand_id as spelled_brand_id
    from refused_requests
    left join brand_spellings
        on {{ lower_case('trim(refused_requests.brand_id)') }} = brand_spellings.spelling
),

-- Types that a request may name: those of the landing contract.
request_identifier_types as (
    select identifier_type
    from identifier_types
    where identifier_type in ('email', 'phone', 'loyalty_card_id', 'contact_id')
),

refused_spread as (
    select
        brands.brand_id,
        request_identifier_types.identifier_type,
        case request_identifier_types.identifier_type
            when 'email'
                then {{ email_key(email_address('refused_placed.value_original')) }}
            when 'phone'
                then {{ phone_e164('refused_placed.value_original', 'brands.country_code') }}
            else refused_placed.value_original
        end as identifier_value,
        refused_placed.requested_at
    from refused_placed
    cross join brands
    cross join request_identifier_types
    where
        coalesce(refused_placed.spelled_brand_id, brands.brand_id) = brands.brand_id
        and coalesce(refused_placed.identifier_type, request_identifier_types.identifier_type)
        = request_identifier_types.identifier_type
),

requests_gathered as (
    select
        brand_id,
        identifier_type,
        identifier_value,
        requested_at
    from privacy_requests
    where request_type in ('restriction', 'objection', 'erasure')

    union all

    select
        brand_id,
        identifier_type,
        identifier_value,
        requested_at
    from refused_spread
    where identifier_value is not null
),

requests_scoped as (
    select
        brands.controller_id,
        requests_gathered.identifier_type,
        requests_gathered.identifier_value,
        case identifier_types.scope
            when 'controller' then brands.controller_id
            else brands.brand_id
        end as scope_id,
        requests_gathered.requested_at
    from requests_gathered
    inner join brands
        on requests_gathered.brand_id = brands.brand_id
    inner join identifier_types
        on requests_gathered.identifier_type = identifier_types.identifier_type
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
