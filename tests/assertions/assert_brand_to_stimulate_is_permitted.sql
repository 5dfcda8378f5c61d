-- Suggesting a brand of another controller to somebody who never agreed to be profiled across is
-- a breach of their choice, not a bad guess.
with customers as (
    select customer_id
    from {{ ref('int_identity__customers') }}
    where has_cross_brand_consent
),

tiers as (
    select customer_id, brand_to_stimulate_id
    from {{ ref('cross_brand_activity_tiers') }}
    where brand_to_stimulate_id is not null
),

brand_activity as (
    select customer_id, brand_id, activity_tier
    from {{ ref('brand_activity') }}
),

brands as (
    select brand_id, controller_id
    from {{ ref('brands') }}
),

customer_controllers as (
    select distinct
        brand_activity.customer_id,
        brands.controller_id
    from brand_activity
    inner join brands
        on brand_activity.brand_id = brands.brand_id
),

failures as (
    select
        tiers.customer_id,
        tiers.brand_to_stimulate_id
    from tiers
    inner join brands
        on tiers.brand_to_stimulate_id = brands.brand_id
    left join customers
        on tiers.customer_id = customers.customer_id
    left join customer_controllers
        on
            tiers.customer_id = customer_controllers.customer_id
            and brands.controller_id = customer_controllers.controller_id
    left join brand_activity
        on
            tiers.customer_id = brand_activity.customer_id
            and tiers.brand_to_stimulate_id = brand_activity.brand_id
    where
        brand_activity.activity_tier = 'high'
        or (customers.customer_id is null and customer_controllers.customer_id is null)
)

select * from failures
