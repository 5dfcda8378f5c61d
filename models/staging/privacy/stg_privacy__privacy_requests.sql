with

base_privacy__privacy_requests as (
    select * from {{ ref('base_privacy__privacy_requests') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        request_id as record_id,
        request_id,
        request_type,
        identifier_type,
        identifier_value,
        identifier_value_original,
        requested_at
    from base_privacy__privacy_requests
    where reject_reason_code is null and version_rank = 1
)

select * from latest_versions
