{{ config(materialized='table', pre_hook="{{ register_landing_files('reviews') }}") }}

with

landed as (
    select
        {{ landing_brand() }} as brand_id,
        {{ landing_load_date() }} as load_date_text,
        _file as source_file,
        _line as source_line_text,
        {{ landed_row('reviews') }} as raw
    from {{ source('landing', 'reviews') }}
),

brands as (
    select
        brand_id,
        country_code
    from {{ ref('brands') }}
),

read as (
    select
        landed.brand_id,
        brands.brand_id as known_brand_id,
        {{ typed_date('landed.load_date_text') }} as load_date,
        landed.source_file,
        {{ safe_bigint('landed.source_line_text') }} as source_line,
        landed.raw,
        {{ typed_text('(raw).review_id') }} as review_id,
        {{ typed_timestamp('(raw).reviewed_at') }} as reviewed_at,
        {{ typed_text('(raw).order_id') }} as order_id,
        {{ typed_text('(raw).product_id') }} as product_id,
        {{ typed_text('(raw).contact_id') }} as contact_id,
        {{ email_address(typed_text('(raw).email')) }} as email,
        {{ typed_text('(raw).review_site') }} as review_site,
        {{ typed_integer('(raw).rating') }} as rating,
        {{ typed_text('(raw).review_text') }} as review_text
    from landed
    left join brands on landed.brand_id = brands.brand_id
),

judged as (
    select
        *,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('review_id') }},
            {{ reject_if_no_time('reviewed_at') }}
        ) as reject
    from read
),

typed as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        review_id,
        {{ plausible_time('reviewed_at') }} as reviewed_at,
        order_id,
        product_id,
        contact_id,
        email,
        {{ email_key('email') }} as email_key,
        review_site,
        case when rating between 1 and 5 then rating end as rating,
        review_text,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('reviews') }} as landing_signature
    from judged
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, review_id, reject_reason_code is null
            order by load_date desc, version_hash desc, source_file, source_line
        ) as version_rank
    from typed
)

select * from ranked
