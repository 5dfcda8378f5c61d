-- A customer without a tier gets no treatment at all, and one that is counted in a brand the seed
-- does not hold would make the brands add up to more than there are.
with all_customers as (
    select customer_id
    from {{ ref('int_identity__customers') }}
),

profiling_stops as (
    select customer_id
    from {{ ref('int_privacy__profiling_stops') }}
    where scope = 'all'
),

customers as (
    select all_customers.customer_id
    from all_customers
    left join profiling_stops
        on all_customers.customer_id = profiling_stops.customer_id
    where profiling_stops.customer_id is null
),

tiers as (
    select
        customer_id,
        tier,
        high_brand_count,
        low_brand_count,
        none_brand_count,
        strongest_brand_id,
        brand_to_stimulate_id
    from {{ ref('cross_brand_activity_tiers') }}
),

brands_counted as (
    select count(*) as brand_count
    from {{ ref('brands') }}
),

failures as (
    select
        coalesce(customers.customer_id, tiers.customer_id) as customer_id,
        'stands on one side only' as failure
    from customers
    full outer join tiers
        on customers.customer_id = tiers.customer_id
    where customers.customer_id is null or tiers.customer_id is null

    union all

    select
        tiers.customer_id,
        'the counts contradict the tier' as failure
    from tiers
    cross join brands_counted
    where
        tiers.high_brand_count + tiers.low_brand_count + tiers.none_brand_count
        <> brands_counted.brand_count
        or (tiers.tier = 'high_in_several') <> (tiers.high_brand_count >= 2)
        or (tiers.tier = 'high_in_one') <> (tiers.high_brand_count = 1)
        or (tiers.tier = 'dormant') <> (tiers.strongest_brand_id is null)
        or (tiers.brand_to_stimulate_id is not null and tiers.tier <> 'high_in_one')
)

select * from failures
