with

base_contact__contacts as (
    select * from {{ ref('base_contact__contacts') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        contact_id as record_id,
        contact_id,
        source_system,
        email,
        email_key,
        phone,
        phone_original,
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
        social_profile,
        acquisition_source,
        acquisition_campaign,
        registered_at,
        updated_at,
        is_deleted,
        first_updated_at
    from base_contact__contacts
    where
        reject_reason_code is null
        and version_rank = 1
        and {{ is_retained('contacts', 'updated_at') }}
)

select * from latest_versions
