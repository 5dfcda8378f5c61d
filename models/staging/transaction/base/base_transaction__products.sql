{{ config(materialized='table', pre_hook="{{ register_landing_files('products') }}") }}

with

landed as (
    select
        {{ landing_brand() }} as brand_id,
        {{ landing_load_date() }} as load_date_text,
        _file as source_file,
        _line as source_line_text,
        {{ landed_row('products') }} as raw
    from {{ source('landing', 'products') }}
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
        {{ typed_text('(raw).product_id') }} as product_id,
        {{ typed_text('(raw).product_name') }} as product_name,
        {{ typed_text('(raw).category') }} as category,
        {{ typed_text('(raw).subcategory') }} as subcategory,
        {{ typed_text('(raw).product_brand') }} as product_brand,
        {{ typed_text('(raw).collection') }} as collection,
        {{ typed_text('(raw).color') }} as color,
        {{ typed_text('(raw).size') }} as size,
        {{ typed_text('(raw).season') }} as season,
        {{ typed_decimal('(raw).list_price', 18, 2) }} as list_price_amount_original,
        {{ typed_code('(raw).currency_code', 3) }} as currency_code,
        {{ typed_timestamp('(raw).updated_at') }} as updated_at
    from landed
    left join brands on landed.brand_id = brands.brand_id
),

judged as (
    select
        *,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('product_id') }}
        ) as reject
    from read
),

typed as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        product_id,
        product_name,
        category,
        subcategory,
        product_brand,
        collection,
        color,
        size,
        season,
        list_price_amount_original,
        currency_code,
        {{ plausible_time('updated_at') }} as updated_at,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('products') }} as landing_signature
    from judged
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, product_id, reject_reason_code is null
            order by
                updated_at desc nulls last,
                load_date desc,
                version_hash desc,
                source_file,
                source_line
        ) as version_rank
    from typed
)

select * from ranked
