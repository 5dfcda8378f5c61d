-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}
with

contacts as (
    select * from {{ ref('int_customer__contacts') }}
),

survivorship_rules as (
    select * from {{ ref('survivorship_rules') }}
),

rules as (
    select
        max(case when attribute = 'first_name' then believed_by end) as first_name,
        max(case when attribute = 'last_name' then believed_by end) as last_name,
        max(case when attribute = 'birth_date' then believed_by end) as birth_date,
        max(case when attribute = 'gender' then believed_by end) as gender,
        max(case when attribute = 'occupation' then believed_by end) as occupation,
        max(case when attribute = 'language_code' then believed_by end) as language_code,
        max(case when attribute = 'street' then believed_by end) as street,
        max(case when attribute = 'city' then believed_by end) as city,
        max(case when attribute = 'region' then believed_by end) as region,
        max(case when attribute = 'postal_code' then believed_by end) as postal_code,
        max(case when attribute = 'country_code' then believed_by end) as country_code,
        max(case when attribute = 'email' then believed_by end) as email,
        max(case when attribute = 'phone' then believed_by end) as phone,
        max(case when attribute = 'loyalty_card_id' then believed_by end) as loyalty_card_id,
        max(case when attribute = 'acquisition_source' then believed_by end) as acquisition_source,
        max(case when attribute = 'acquisition_campaign' then believed_by end)
            as acquisition_campaign
    from survivorship_rules
),

chosen as (
    select
        contacts.customer_id,
        contacts.brand_id,
        count(*) as contact_count,
        -- Completeness first: a record with a whole name is believed before one with half of it.
        {{ first_by(
            'contacts.first_name',
            survivorship_rank('first_name')
            ~ ' + case when contacts.last_name is null then 1000000 else 0 end'
        ) }} as first_name,
        {{ first_by(
            'contacts.last_name',
            survivorship_rank('last_name')
            ~ ' + case when contacts.first_name is null then 1000000 else 0 end'
        ) }} as last_name,
        {{ first_by('contacts.birth_date', survivorship_rank('birth_date')) }} as birth_date,
        {{ first_by('contacts.gender', survivorship_rank('gender')) }} as gender,
        {{ first_by('contacts.occupation', survivorship_rank('occupation')) }} as occupation,
        {{ first_by('contacts.language_code', survivorship_rank('language_code')) }}
            as language_code,
        {{ first_by('contacts.street', survivorship_rank('street')) }} as street,
        {{ first_by('contacts.city', survivorship_rank('city')) }} as city,
        {{ first_by('contacts.region', survivorship_rank('region')) }} as region,
        {{ first_by('contacts.postal_code', survivorship_rank('postal_code')) }} as postal_code,
        {{ first_by('contacts.country_code', survivorship_rank('country_code')) }} as country_code,
        {{ first_by('contacts.email', survivorship_rank('email')) }} as email,
        {{ first_by('contacts.phone', survivorship_rank('phone')) }} as phone,
        {{ first_by('contacts.loyalty_card_id', survivorship_rank('loyalty_card_id')) }}
            as loyalty_card_id,
        {{ first_by('contacts.acquisition_source', survivorship_rank('acquisition_source')) }}
            as acquisition_source,
        {{ first_by('contacts.acquisition_campaign', survivorship_rank('acquisition_campaign')) }}
            as acquisition_campaign,
        min(contacts.registered_at) as registered_at,
        max(contacts.updated_at) as contact_updated_at
    from contacts
    cross join rules
    group by contacts.customer_id, contacts.brand_id
)

select * from chosen
