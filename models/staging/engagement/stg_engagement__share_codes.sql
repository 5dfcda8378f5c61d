with

base_engagement__share_codes as (
    select * from {{ ref('base_engagement__share_codes') }}
),

valid as (
    select * from base_engagement__share_codes where reject_reason_code is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, share_code
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
        share_code,
        contact_id,
        email,
        email_key,
        created_at
    from ranked
    where version_rank = 1
)

select * from latest
