with

base_engagement__share_codes as (
    select * from {{ ref('base_engagement__share_codes') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        share_code as record_id,
        share_code,
        contact_id,
        email,
        email_key,
        created_at
    from base_engagement__share_codes
    where
        reject_reason_code is null
        and version_rank = 1
        and {{ is_retained('share_codes', 'created_at') }}
)

select * from latest_versions
