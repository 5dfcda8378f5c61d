with measures as (
    select
        customer_id,
        scope,
        order_count,
        first_order_at,
        last_order_at,
        previous_order_at,
        last_visit_at,
        last_activity_at,
        has_open_cart
    from {{ ref('int_lifecycle__measures') }}
),

profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
),

as_of as (
    select as_of_at, as_of_date
    from {{ ref('int_operations__as_of') }}
),

stages_told as (
    select
        measures.customer_id,
        measures.scope,
        as_of.as_of_date,
        {{ lifecycle_stage(
            moment_at='as_of.as_of_at',
            order_count='measures.order_count',
            last_order_at='measures.last_order_at',
            previous_order_at='measures.previous_order_at',
            last_visit_at='measures.last_visit_at',
            last_activity_at='measures.last_activity_at',
            has_open_cart='measures.has_open_cart'
        ) }} as lifecycle_stage,
        measures.order_count,
        measures.has_open_cart,
        measures.first_order_at,
        measures.last_order_at,
        measures.previous_order_at,
        measures.last_visit_at,
        measures.last_activity_at
    from measures
    cross join as_of
    left join profiling_stops
        on
            measures.customer_id = profiling_stops.customer_id
            and measures.scope = profiling_stops.scope
    where profiling_stops.customer_id is null
)

select * from stages_told
