with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
    where is_restricted
),

customer_brand_360 as (
    select customer_id, brand_id, acquisition_source, registered_at, order_count
    from {{ ref('customer_brand_360') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

newcomers as (
    select
        customer_brand_360.customer_id,
        customer_brand_360.brand_id,
        customer_brand_360.acquisition_source,
        customer_brand_360.registered_at as entered_at
    from customer_brand_360
    cross join as_of
    where
        customer_brand_360.order_count = 0
        and {{ is_within_days(
            'customer_brand_360.registered_at', 'as_of.as_of_at', var('welcome_days')
        ) }}
),

permitted as (
    select newcomers.*
    from newcomers
    left join profiling_stops
        on
            newcomers.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = newcomers.brand_id
    where profiling_stops.customer_id is null
)

select * from permitted
