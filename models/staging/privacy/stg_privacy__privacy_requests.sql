with

base_privacy__privacy_requests as (
    select * from {{ ref('base_privacy__privacy_requests') }}
),

valid as (
    select * from base_privacy__privacy_requests where reject_reason_code is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, request_id
            order by load_date desc, version_hash desc
        ) as version_rank
    from valid
),

latest as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        record_id,
        request_id,
        request_type,
        identifier_type,
        identifier_value,
        identifier_value_original,
        requested_at
    from ranked
    where version_rank = 1
)

select * from latest
