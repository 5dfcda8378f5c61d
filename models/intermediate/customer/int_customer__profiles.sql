with

contacts as (
    select * from {{ ref('int_customer__contacts') }}
),

chosen as (
    select
        customer_id,
        count(*) as contact_count,
        -- A name is believed whole: first and last name come from one record.
        {{ first_by('first_name', 'belief_rank + case when last_name is null then 1000000 else 0 end') }}
            as first_name,
        {{ first_by('last_name', 'belief_rank + case when first_name is null then 1000000 else 0 end') }}
            as last_name,
        {{ first_by('birth_date', 'belief_rank') }} as birth_date,
        {{ first_by('gender', 'belief_rank') }} as gender,
        {{ first_by('occupation', 'belief_rank') }} as occupation,
        {{ first_by('language_code', 'belief_rank') }} as language_code,
        -- People move and change numbers: the address, the e-mail and the phone are the newest.
        {{ first_by('street', 'recency_rank') }} as street,
        {{ first_by('city', 'recency_rank') }} as city,
        {{ first_by('region', 'recency_rank') }} as region,
        {{ first_by('postal_code', 'recency_rank') }} as postal_code,
        {{ first_by('country_code', 'recency_rank') }} as country_code,
        {{ first_by('email', 'recency_rank') }} as email,
        {{ first_by('phone', 'recency_rank') }} as phone,
        {{ first_by('loyalty_card_id', 'recency_rank') }} as loyalty_card_id,
        {{ first_by('acquisition_source', 'registration_rank') }} as acquisition_source,
        {{ first_by('acquisition_campaign', 'registration_rank') }} as acquisition_campaign,
        min(registered_at) as registered_at,
        max(updated_at) as contact_updated_at
    from contacts
    group by customer_id
)

select * from chosen
