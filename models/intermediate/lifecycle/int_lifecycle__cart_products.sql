with cart_steps as (
    select cart_id, brand_id, step_kind, product_id, event_value, occurred_at
    from {{ ref('int_lifecycle__cart_steps') }}
    where step_kind in ('add_to_cart', 'remove_from_cart') and product_id is not null
),

products as (
    select brand_id, product_id, list_price_amount_original, currency_code
    from {{ ref('stg_transaction__products') }}
),

brands as (
    select brand_id, currency_code
    from {{ ref('brands') }}
),

exchange_rates as (
    select currency_code, rate_date, rate
    from {{ ref('int_transaction__exchange_rates') }}
),

as_of as (
    select as_of_date
    from {{ ref('int_operations__as_of') }}
),

-- The contract has no number on the event: each addition puts one piece in, each removal takes one.
products_counted as (
    select
        cart_id,
        product_id,
        min(brand_id) as brand_id,
        count(case when step_kind = 'add_to_cart' then 1 end) as added_count,
        count(case when step_kind = 'remove_from_cart' then 1 end) as removed_count,
        max(case when step_kind = 'add_to_cart' then event_value end) as event_value,
        min(case when step_kind = 'add_to_cart' then occurred_at end) as first_added_at,
        max(case when step_kind = 'add_to_cart' then occurred_at end) as last_added_at
    from cart_steps
    group by cart_id, product_id
),

-- The catalogue is believed before the event, whose value has no currency of its own and may be the
-- price of one piece or of many.
products_left as (
    select
        products_counted.cart_id,
        products_counted.product_id,
        products_counted.brand_id,
        cast(products_counted.added_count - products_counted.removed_count as integer) as quantity,
        coalesce(products.list_price_amount_original, products_counted.event_value)
            as price_amount_original,
        case
            when products.list_price_amount_original is not null
                then coalesce(products.currency_code, brands.currency_code)
            else brands.currency_code
        end as currency_code,
        products_counted.first_added_at,
        products_counted.last_added_at
    from products_counted
    inner join brands
        on products_counted.brand_id = brands.brand_id
    left join products
        on
            products_counted.brand_id = products.brand_id
            and products_counted.product_id = products.product_id
    where products_counted.added_count > products_counted.removed_count
),

products_priced as (
    select
        products_left.cart_id,
        products_left.product_id,
        products_left.brand_id,
        products_left.quantity,
        {{ converted_amount('products_left.price_amount_original', 'exchange_rates.rate') }}
            as unit_price_amount,
        cast(
            products_left.quantity
            * {{ converted_amount('products_left.price_amount_original', 'exchange_rates.rate') }}
            as decimal(18, 2)
        ) as cart_product_amount,
        products_left.first_added_at,
        products_left.last_added_at
    from products_left
    cross join as_of
    left join exchange_rates
        on
            products_left.currency_code = exchange_rates.currency_code
            and as_of.as_of_date = exchange_rates.rate_date
)

select * from products_priced
