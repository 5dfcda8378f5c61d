-- What each customer has paid for each product and how often they looked at it: what likings are
-- told from, before anything of the catalogue is joined.
-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key(), asks_as_of='passed') }}

with order_lines as (
    select customer_id, brand_id, product_id, net_line_amount
    from {{ ref('int_value__order_lines') }}
    where customer_id is not null
),

product_interest as (
    select customer_id, brand_id, product_id, category, look_count
    from {{ ref('int_value__product_interest') }}
),

signs_united as (
    select
        customer_id,
        brand_id,
        product_id,
        cast(null as {{ dbt.type_string() }}) as category,
        net_line_amount as spend_amount,
        0 as look_count
    from order_lines

    union all

    select
        customer_id,
        brand_id,
        product_id,
        category,
        0 as spend_amount,
        look_count
    from product_interest
),

products_summed as (
    select
        customer_id,
        brand_id,
        product_id,
        category,
        sum(spend_amount) as spend_amount,
        sum(look_count) as look_count
    from signs_united
    group by customer_id, brand_id, product_id, category
)

select * from products_summed
