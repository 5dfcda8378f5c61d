with

base_engagement__reviews as (
    select * from {{ ref('base_engagement__reviews') }}
),

valid as (
    select * from base_engagement__reviews where reject_reason_code is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, review_id
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
        review_id,
        reviewed_at,
        order_id,
        product_id,
        contact_id,
        email,
        email_key,
        review_site,
        rating,
        review_text
    from ranked
    where version_rank = 1
)

select * from latest
