with

observations as (
    select * from {{ ref('int_identity__observations') }}
),

identifiers as (
    select * from {{ ref('int_identity__identifiers') }}
),

identifier_types as (
    select * from {{ ref('identifier_types') }}
),

set_customers as (
    select * from {{ ref('int_identity__set_customers') }}
),

bound as (
    select
        set_customers.customer_id,
        observations.identifier_type,
        observations.identifier_value,
        case when identifier_types.scope = 'brand' then observations.brand_id end as brand_id,
        min(observations.first_seen_at) as first_seen_at,
        max(observations.last_seen_at) as last_seen_at,
        cast(sum(observations.record_count) as bigint) as record_count,
        max(case when identifiers.is_usable then 1 else 0 end) = 1 as is_usable,
        min(identifiers.unusable_reason) as unusable_reason,
        max(case when identifiers.is_split_by_person then 1 else 0 end) = 1 as is_shared_by_people
    from observations
    inner join set_customers
        on observations.identifier_set_id = set_customers.identifier_set_id
    inner join identifiers
        on observations.identifier_id = identifiers.identifier_id
    inner join identifier_types
        on observations.identifier_type = identifier_types.identifier_type
    group by
        set_customers.customer_id,
        observations.identifier_type,
        observations.identifier_value,
        case when identifier_types.scope = 'brand' then observations.brand_id end
),

primaries_chosen as (
    select
        {{ hash_text(
            "concat(customer_id, '|', identifier_type, '|', coalesce(brand_id, ''), '|', "
            ~ "identifier_value)"
        ) }} as customer_identifier_id,
        customer_id,
        identifier_type,
        identifier_value,
        brand_id,
        first_seen_at,
        last_seen_at,
        record_count,
        is_usable,
        unusable_reason,
        is_shared_by_people,
        is_usable
        and row_number() over (
            partition by customer_id, identifier_type, brand_id
            order by
                case when is_usable then 0 else 1 end,
                last_seen_at desc,
                first_seen_at,
                identifier_value
        ) = 1 as is_primary
    from bound
)

select * from primaries_chosen
