with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
),

customer_predictions as (
    select customer_id, scope, next_order_date
    from {{ ref('customer_predictions') }}
),

customer_brand_360 as (
    select customer_id, brand_id, last_order_at
    from {{ ref('customer_brand_360') }}
),

as_of as (
    select as_of_at, as_of_date
    from {{ ref('int_operations__as_of') }}
),

-- Silence puts the forecast off, so it is nearest after an order: that is when the condition began.
orders_expected as (
    select
        customer_brand_360.customer_id,
        customer_brand_360.brand_id,
        customer_predictions.next_order_date,
        {{ add_days('customer_brand_360.last_order_at', var('next_order_after_days')) }}
            as entered_at
    from customer_brand_360
    cross join as_of
    inner join customer_predictions
        on
            customer_brand_360.customer_id = customer_predictions.customer_id
            and customer_brand_360.brand_id = customer_predictions.scope
    where
        {{ days_between('as_of.as_of_date', 'customer_predictions.next_order_date') }}
        <= {{ var('next_order_days') }}
        and {{ has_passed_days(
            'customer_brand_360.last_order_at', 'as_of.as_of_at', var('next_order_after_days')
        ) }}
),

permitted as (
    select orders_expected.*
    from orders_expected
    left join profiling_stops
        on
            orders_expected.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = orders_expected.brand_id
    where profiling_stops.customer_id is null
)

select * from permitted
