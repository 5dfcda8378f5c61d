with order_lines as (
    select customer_id, brand_id, product_id, net_line_amount
    from {{ ref('int_value__order_lines') }}
    where customer_id is not null
),

product_interest as (
    select customer_id, brand_id, product_id, category, look_count
    from {{ ref('int_value__product_interest') }}
),

products as (
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
),

as_of as (
    select as_of_date
    from {{ ref('int_operations__as_of') }}
),

profiling_stops as (
    select customer_id
    from {{ ref('int_privacy__profiling_stops') }}
    where scope = 'all'
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
),

attributes_joined as (
    select
        products_summed.customer_id,
        coalesce(products.category, products_summed.category) as category,
        products.product_brand,
        products.collection,
        products.color,
        products.size,
        products.season,
        products_summed.spend_amount,
        products_summed.look_count
    from products_summed
    left join products
        on
            products_summed.brand_id = products.brand_id
            and products_summed.product_id = products.product_id
    left join profiling_stops
        on products_summed.customer_id = profiling_stops.customer_id
    where profiling_stops.customer_id is null
),

dimensions_listed as (
    select customer_id, 'category' as dimension, category as value, spend_amount, look_count
    from attributes_joined

    union all

    select customer_id, 'product_brand' as dimension, product_brand as value, spend_amount,
        look_count
    from attributes_joined

    union all

    select customer_id, 'collection' as dimension, collection as value, spend_amount, look_count
    from attributes_joined

    union all

    select customer_id, 'color' as dimension, color as value, spend_amount, look_count
    from attributes_joined

    union all

    select customer_id, 'size' as dimension, size as value, spend_amount, look_count
    from attributes_joined

    union all

    select customer_id, 'season' as dimension, season as value, spend_amount, look_count
    from attributes_joined
),

-- More paid back than paid is no negative liking: it counts as nothing.
values_summed as (
    select
        customer_id,
        dimension,
        value,
        greatest(sum(spend_amount), 0) as spend_amount,
        sum(look_count) as look_count
    from dimensions_listed
    where value is not null
    group by customer_id, dimension, value
),

shares_measured as (
    select
        customer_id,
        dimension,
        value,
        cast(spend_amount as decimal(18, 2)) as spend_amount,
        cast(look_count as bigint) as look_count,
        coalesce(
            {{ decimal_quotient(
                'spend_amount', 'sum(spend_amount) over (partition by customer_id, dimension)', 6,
                2
            ) }}, 0
        ) as spend_share,
        coalesce(
            {{ decimal_quotient(
                'look_count', 'sum(look_count) over (partition by customer_id, dimension)', 6
            ) }}, 0
        ) as interest_share
    from values_summed
    where spend_amount > 0 or look_count > 0
),

values_ranked as (
    select
        shares_measured.customer_id,
        shares_measured.dimension,
        shares_measured.value,
        as_of.as_of_date,
        shares_measured.spend_amount,
        shares_measured.look_count,
        cast(shares_measured.spend_share as decimal(18, 6)) as spend_share,
        cast(shares_measured.interest_share as decimal(18, 6)) as interest_share,
        cast(
            row_number() over (
                partition by shares_measured.customer_id, shares_measured.dimension
                order by
                    shares_measured.spend_amount desc,
                    shares_measured.look_count desc,
                    shares_measured.value
            ) as integer
        ) as value_rank
    from shares_measured
    cross join as_of
)

select * from values_ranked
