with

base_engagement__reviews as (
    select * from {{ ref('base_engagement__reviews') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        review_id as record_id,
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
    from base_engagement__reviews
    where
        reject_reason_code is null
        and version_rank = 1
        and {{ is_retained('reviews', 'reviewed_at') }}
)

select * from latest_versions
