-- depends_on: {{ ref('int_changes__likings') }}
{{ config(materialized=made_by_key(), asks_as_of='stamped') }}

with product_signs as (
    select customer_id, brand_id, product_id, category, spend_amount, look_count
    from {{ ref('int_value__product_signs') }}
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
    from {{ ref('int_value__product_attributes') }}
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

attributes_joined as (
    select
        product_signs.customer_id,
        coalesce(products.category, product_signs.category) as category,
        products.product_brand,
        products.collection,
        products.color,
        products.size,
        products.season,
        product_signs.spend_amount,
        product_signs.look_count
    from product_signs
    left join products
        on
            product_signs.brand_id = products.brand_id
            and product_signs.product_id = products.product_id
    left join profiling_stops
        on product_signs.customer_id = profiling_stops.customer_id
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
