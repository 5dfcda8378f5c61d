with carts as (
    select
        cart_id,
        brand_id,
        customer_id,
        checkout_count,
        opened_at,
        last_step_at,
        open_until_at
    from {{ ref('int_lifecycle__carts') }}
    where cart_status = 'open'
),

cart_products as (
    select
        cart_id,
        product_id,
        quantity,
        unit_price_amount,
        cart_product_amount,
        first_added_at,
        last_added_at
    from {{ ref('int_lifecycle__cart_products') }}
),

products as (
    select brand_id, product_id, product_name, category, product_brand
    from {{ ref('stg_transaction__products') }}
),

products_listed as (
    select
        carts.cart_id,
        cart_products.product_id,
        carts.brand_id,
        carts.customer_id,
        products.product_name,
        products.category,
        products.product_brand,
        cart_products.quantity,
        cart_products.unit_price_amount,
        cart_products.cart_product_amount,
        carts.checkout_count > 0 as has_checkout,
        cart_products.first_added_at,
        cart_products.last_added_at,
        carts.opened_at,
        carts.last_step_at,
        carts.open_until_at as abandoned_from_at
    from carts
    inner join cart_products
        on carts.cart_id = cart_products.cart_id
    left join products
        on
            carts.brand_id = products.brand_id
            and cart_products.product_id = products.product_id
)

select * from products_listed
