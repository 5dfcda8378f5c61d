-- Stages are counted and their moves are charted as shares of all customers; one who had none, or
-- two, would bend every share.
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

lifecycle_stages as (
    select customer_id, lifecycle_stage
    from {{ ref('lifecycle_stages') }}
    where scope = 'all'
),

stages_counted as (
    select
        coalesce(customers.customer_id, lifecycle_stages.customer_id) as customer_id,
        count(customers.customer_id) as customer_count,
        count(lifecycle_stages.lifecycle_stage) as stage_count
    from customers
    full outer join lifecycle_stages
        on customers.customer_id = lifecycle_stages.customer_id
    group by coalesce(customers.customer_id, lifecycle_stages.customer_id)
)

select *
from stages_counted
where customer_count <> 1 or stage_count <> 1
