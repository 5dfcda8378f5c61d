with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
),

customer_360 as (
    select customer_id
    from {{ ref('customer_360') }}
    where activity_tier = 'dormant'
),

customer_brand_360 as (
    select
        customer_id,
        brand_id,
        last_order_at,
        has_profiling_consent and contactable_channels <> '' as is_permitted
    from {{ ref('customer_brand_360') }}
),

brand_activity as (
    select customer_id, last_activity_at
    from {{ ref('brand_activity') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

last_signs as (
    select
        customer_id,
        max(last_activity_at) as last_activity_at
    from brand_activity
    group by customer_id
),

-- The brand of the last order calls, of those that may: it is the one that is remembered.
brands_ranked as (
    select
        customer_id,
        brand_id,
        last_order_at,
        row_number() over (
            partition by customer_id
            order by case when is_permitted then 0 else 1 end, last_order_at desc, brand_id
        ) as brand_rank
    from customer_brand_360
    where last_order_at is not null
),

gone_quiet as (
    select
        customer_360.customer_id,
        brands_ranked.brand_id,
        brands_ranked.last_order_at,
        least(
            {{ add_days(
                'coalesce(last_signs.last_activity_at, brands_ranked.last_order_at)',
                var('activity_window_days')
            ) }},
            as_of.as_of_at
        ) as entered_at
    from customer_360
    cross join as_of
    inner join brands_ranked
        on
            customer_360.customer_id = brands_ranked.customer_id
            and brands_ranked.brand_rank = 1
    left join last_signs
        on customer_360.customer_id = last_signs.customer_id
),

permitted as (
    select gone_quiet.*
    from gone_quiet
    left join profiling_stops
        on
            gone_quiet.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = 'all'
    where profiling_stops.customer_id is null
)

select * from permitted
