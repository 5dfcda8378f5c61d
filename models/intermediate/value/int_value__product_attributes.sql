-- What a product is like, without when and where that was said: a catalogue that is delivered again
-- as it was changes nothing here, and so nothing of what is made by customer from it.
with products as (
    select
        brand_id,
        product_id,
        category,
        product_brand,
        collection,
        color,
        size,
        season
    from {{ ref('stg_transaction__products') }}
)

select * from products
