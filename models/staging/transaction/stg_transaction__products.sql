with

base_transaction__products as (
    select * from {{ ref('base_transaction__products') }}
),

valid as (
    select * from base_transaction__products where reject_reason_code is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, product_id
            order by updated_at desc nulls last, load_date desc, version_hash desc
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
    from ranked
    where version_rank = 1
)

select * from latest
