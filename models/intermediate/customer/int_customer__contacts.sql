{#
    Contact records in the order in which a customer's attributes are believed: source systems by
    the priority of seeds/source_systems.csv, then the newest. Records that their source deleted
    still tie identifiers together, but show nothing of themselves.
#}
-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}
with

contacts as (
    select * from {{ ref('stg_contact__contacts') }}
),

record_customers as (
    select * from {{ ref('int_identity__record_customers') }}
),

source_systems as (
    select * from {{ ref('source_systems') }}
),

gender_codes as (
    select * from {{ ref('gender_codes') }}
),

bound as (
    select
        record_customers.customer_id,
        contacts.brand_id,
        contacts.contact_id,
        contacts.source_system,
        coalesce(source_systems.priority, 9) as source_priority,
        contacts.email,
        contacts.phone,
        contacts.loyalty_card_id,
        contacts.first_name,
        contacts.last_name,
        contacts.birth_date,
        gender_codes.gender,
        contacts.street,
        contacts.city,
        contacts.region,
        contacts.postal_code,
        contacts.country_code,
        contacts.occupation,
        contacts.language_code,
        contacts.acquisition_source,
        contacts.acquisition_campaign,
        coalesce(contacts.registered_at, contacts.first_updated_at) as registered_at,
        contacts.updated_at
    from contacts
    inner join record_customers
        on
            record_customers.feed = 'contacts'
            and contacts.brand_id = record_customers.brand_id
            and contacts.contact_id = record_customers.record_id
    left join source_systems
        on {{ lower_case('contacts.source_system') }} = source_systems.source_system
    left join gender_codes
        on {{ lower_case('contacts.gender') }} = gender_codes.gender_code
    where
        record_customers.customer_id is not null
        and not coalesce(contacts.is_deleted, false)
),

ranked as (
    select
        customer_id,
        brand_id,
        contact_id,
        source_system,
        email,
        phone,
        loyalty_card_id,
        first_name,
        last_name,
        birth_date,
        gender,
        street,
        city,
        region,
        postal_code,
        country_code,
        occupation,
        language_code,
        acquisition_source,
        acquisition_campaign,
        registered_at,
        updated_at,
        row_number() over (
            partition by customer_id
            order by source_priority, updated_at desc, brand_id, contact_id
        ) as belief_rank,
        row_number() over (
            partition by customer_id
            order by registered_at, brand_id, contact_id
        ) as registration_rank,
        row_number() over (
            partition by customer_id
            order by updated_at desc, brand_id, contact_id
        ) as recency_rank
    from bound
)

select * from ranked
