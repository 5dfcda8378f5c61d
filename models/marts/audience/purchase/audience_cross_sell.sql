with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
),

order_lines as (
    select brand_id, order_id, customer_id, product_id
    from {{ ref('int_value__order_lines') }}
    where customer_id is not null
),

products as (
    select brand_id, product_id, category
    from {{ ref('stg_transaction__products') }}
    where category is not null
),

order_customers as (
    select brand_id, customer_id, ordered_at
    from {{ ref('int_transaction__order_customers') }}
    where customer_id is not null
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

categories_bought as (
    select distinct
        order_lines.customer_id,
        order_lines.brand_id,
        products.category
    from order_lines
    inner join products
        on
            order_lines.brand_id = products.brand_id
            and order_lines.product_id = products.product_id
),

buyers_counted as (
    select
        brand_id,
        category,
        count(*) as buyer_count
    from categories_bought
    group by brand_id, category
),

pairs_counted as (
    select
        bought.brand_id,
        bought.category as bought_category,
        also_bought.category,
        count(*) as pair_count
    from categories_bought as bought
    inner join categories_bought as also_bought
        on
            bought.customer_id = also_bought.customer_id
            and bought.brand_id = also_bought.brand_id
    where bought.category <> also_bought.category
    group by bought.brand_id, bought.category, also_bought.category
    having count(*) >= {{ var('cross_sell_min_buyers') }}
),

pairs_weighed as (
    select
        pairs_counted.brand_id,
        pairs_counted.bought_category,
        pairs_counted.category,
        pairs_counted.pair_count,
        {{ decimal_quotient('pairs_counted.pair_count', 'buyers_counted.buyer_count', 6) }}
            as buyer_share
    from pairs_counted
    inner join buyers_counted
        on
            pairs_counted.brand_id = buyers_counted.brand_id
            and pairs_counted.bought_category = buyers_counted.category
),

last_orders as (
    select
        customer_id,
        brand_id,
        max(ordered_at) as last_order_at
    from order_customers
    group by customer_id, brand_id
),

buyers_due as (
    select
        last_orders.customer_id,
        last_orders.brand_id,
        last_orders.last_order_at
    from last_orders
    cross join as_of
    where
        {{ has_passed_days(
            'last_orders.last_order_at', 'as_of.as_of_at', var('cross_sell_after_days')
        ) }}
        and {{ is_within_days(
            'last_orders.last_order_at', 'as_of.as_of_at', var('cross_sell_until_days')
        ) }}
),

suggestions_ranked as (
    select
        buyers_due.customer_id,
        buyers_due.brand_id,
        pairs_weighed.category,
        pairs_weighed.bought_category,
        buyers_due.last_order_at,
        row_number() over (
            partition by buyers_due.customer_id, buyers_due.brand_id
            order by
                pairs_weighed.buyer_share desc,
                pairs_weighed.pair_count desc,
                pairs_weighed.category,
                pairs_weighed.bought_category
        ) as suggestion_rank
    from buyers_due
    inner join categories_bought
        on
            buyers_due.customer_id = categories_bought.customer_id
            and buyers_due.brand_id = categories_bought.brand_id
    inner join pairs_weighed
        on
            categories_bought.brand_id = pairs_weighed.brand_id
            and categories_bought.category = pairs_weighed.bought_category
    left join categories_bought as owned
        on
            buyers_due.customer_id = owned.customer_id
            and buyers_due.brand_id = owned.brand_id
            and pairs_weighed.category = owned.category
    where owned.category is null
),

suggestions as (
    select
        customer_id,
        brand_id,
        category,
        bought_category,
        {{ add_days('last_order_at', var('cross_sell_after_days')) }} as entered_at
    from suggestions_ranked
    where suggestion_rank = 1
),

permitted as (
    select suggestions.*
    from suggestions
    left join profiling_stops
        on
            suggestions.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = suggestions.brand_id
    where profiling_stops.customer_id is null
)

select * from permitted
