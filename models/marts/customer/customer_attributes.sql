-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}

with

contacts as (
    select * from {{ ref('int_customer__contacts') }}
),

profiles as (
    select * from {{ ref('int_customer__believed_attributes') }}
),

unpivoted as (
    select
        customer_id,
        'first_name' as attribute,
        first_name as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where first_name is not null

    union all

    select
        customer_id,
        'last_name' as attribute,
        last_name as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where last_name is not null

    union all

    select
        customer_id,
        'birth_date' as attribute,
        cast(birth_date as {{ type_string() }}) as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where birth_date is not null

    union all

    select
        customer_id,
        'gender' as attribute,
        gender as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where gender is not null

    union all

    select
        customer_id,
        'occupation' as attribute,
        occupation as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where occupation is not null

    union all

    select
        customer_id,
        'language_code' as attribute,
        language_code as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where language_code is not null

    union all

    select
        customer_id,
        'street' as attribute,
        street as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where street is not null

    union all

    select
        customer_id,
        'city' as attribute,
        city as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where city is not null

    union all

    select
        customer_id,
        'region' as attribute,
        region as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where region is not null

    union all

    select
        customer_id,
        'postal_code' as attribute,
        postal_code as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where postal_code is not null

    union all

    select
        customer_id,
        'country_code' as attribute,
        country_code as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where country_code is not null

    union all

    select
        customer_id,
        'email' as attribute,
        email as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where email is not null

    union all

    select
        customer_id,
        'phone' as attribute,
        phone as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where phone is not null

    union all

    select
        customer_id,
        'loyalty_card_id' as attribute,
        loyalty_card_id as attribute_value,
        source_system,
        brand_id,
        registered_at,
        updated_at
    from contacts
    where loyalty_card_id is not null
),

values_gathered as (
    select
        unpivoted.customer_id,
        unpivoted.attribute,
        unpivoted.attribute_value,
        unpivoted.brand_id,
        coalesce(unpivoted.source_system, 'unknown') as source_system,
        min(unpivoted.registered_at) as first_seen_at,
        max(unpivoted.updated_at) as last_seen_at
    from unpivoted
    group by
        unpivoted.customer_id,
        unpivoted.attribute,
        unpivoted.attribute_value,
        unpivoted.brand_id,
        coalesce(unpivoted.source_system, 'unknown')
),

marked as (
    select
        {{ hash_text(
            "concat(values_gathered.customer_id, '|', attribute, '|', values_gathered.brand_id, "
            ~ "'|', source_system, '|', attribute_value)"
        ) }} as customer_attribute_id,
        values_gathered.customer_id,
        values_gathered.attribute,
        values_gathered.attribute_value,
        values_gathered.brand_id,
        values_gathered.source_system,
        values_gathered.first_seen_at,
        values_gathered.last_seen_at,
        values_gathered.attribute_value = case values_gathered.attribute
            when 'first_name' then profiles.first_name
            when 'last_name' then profiles.last_name
            when 'birth_date' then cast(profiles.birth_date as {{ type_string() }})
            when 'gender' then profiles.gender
            when 'occupation' then profiles.occupation
            when 'language_code' then profiles.language_code
            when 'street' then profiles.street
            when 'city' then profiles.city
            when 'region' then profiles.region
            when 'postal_code' then profiles.postal_code
            when 'country_code' then profiles.country_code
            when 'email' then profiles.email
            when 'phone' then profiles.phone
            when 'loyalty_card_id' then profiles.loyalty_card_id
        end as is_current
    from values_gathered
    inner join profiles
        on values_gathered.customer_id = profiles.customer_id
)

select * from marked
