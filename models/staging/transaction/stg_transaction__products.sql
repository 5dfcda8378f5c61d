with

base_transaction__products as (
    select * from {{ ref('base_transaction__products') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        product_id as record_id,
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
        updated_at
    from base_transaction__products
    where reject_reason_code is null and version_rank = 1
)

select * from latest_versions
