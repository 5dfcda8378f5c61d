-- A view, since one model reads it: a table would be written to be read once.
{{ config(materialized='view') }}

with

believed_attributes as (
    select * from {{ ref('int_customer__believed_attributes') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

aged as (
    select
        believed_attributes.customer_id,
        believed_attributes.contact_count,
        believed_attributes.first_name,
        believed_attributes.last_name,
        believed_attributes.birth_date,
        believed_attributes.gender,
        believed_attributes.occupation,
        believed_attributes.language_code,
        believed_attributes.street,
        believed_attributes.city,
        believed_attributes.region,
        believed_attributes.postal_code,
        believed_attributes.country_code,
        believed_attributes.email,
        believed_attributes.phone,
        believed_attributes.loyalty_card_id,
        believed_attributes.acquisition_source,
        believed_attributes.acquisition_campaign,
        believed_attributes.registered_at,
        believed_attributes.contact_updated_at,
        {{ full_years_between('believed_attributes.birth_date', 'as_of.as_of_date') }} as age_years
    from believed_attributes
    cross join as_of
),

banded as (
    select
        customer_id,
        contact_count,
        first_name,
        last_name,
        birth_date,
        gender,
        occupation,
        language_code,
        street,
        city,
        region,
        postal_code,
        country_code,
        email,
        phone,
        loyalty_card_id,
        acquisition_source,
        acquisition_campaign,
        registered_at,
        contact_updated_at,
        case
            when age_years is null then null
            when age_years < 18 then 'under_18'
            when age_years < 25 then '18_24'
            when age_years < 35 then '25_34'
            when age_years < 45 then '35_44'
            when age_years < 55 then '45_54'
            when age_years < 65 then '55_64'
            else '65_plus'
        end as age_band
    from aged
)

select * from banded
