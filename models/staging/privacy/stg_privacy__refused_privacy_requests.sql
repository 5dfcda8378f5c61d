{#
    Refused requests that may ask to be left alone: all but those that say "access" in so many words. One is
    answered by a valid row of the same id in a later delivery.
#}
with

base_privacy__privacy_requests as (
    select * from {{ ref('base_privacy__privacy_requests') }}
),

valid_versions as (
    select
        {{ lower_case('trim(brand_id)') }} as brand_spelling,
        request_id,
        max(load_date) as load_date
    from base_privacy__privacy_requests
    where reject_reason_code is null
    group by {{ lower_case('trim(brand_id)') }}, request_id
),

refused as (
    select
        base_privacy__privacy_requests.brand_id,
        base_privacy__privacy_requests.load_date,
        base_privacy__privacy_requests.request_id,
        base_privacy__privacy_requests.version_rank as refusal_number,
        base_privacy__privacy_requests.request_type,
        base_privacy__privacy_requests.identifier_type,
        base_privacy__privacy_requests.identifier_value_original,
        base_privacy__privacy_requests.requested_at
    from base_privacy__privacy_requests
    left join valid_versions
        on
            {{ lower_case('trim(base_privacy__privacy_requests.brand_id)') }}
            = valid_versions.brand_spelling
            and base_privacy__privacy_requests.request_id = valid_versions.request_id
            and base_privacy__privacy_requests.load_date < valid_versions.load_date
    where
        base_privacy__privacy_requests.reject_reason_code is not null
        and coalesce(base_privacy__privacy_requests.request_type, '') <> 'access'
        and base_privacy__privacy_requests.identifier_value_original is not null
        and valid_versions.request_id is null
)

select * from refused
