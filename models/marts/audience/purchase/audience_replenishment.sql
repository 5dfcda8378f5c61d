with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
),

order_lines as (
    select brand_id, order_id, customer_id, product_id
    from {{ ref('int_value__order_lines') }}
    where customer_id is not null and product_id is not null
),

order_customers as (
    select brand_id, order_id, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

as_of as (
    select as_of_date
    from {{ ref('int_operations__as_of') }}
),

days_bought as (
    select distinct
        order_lines.customer_id,
        order_lines.brand_id,
        order_lines.product_id,
        cast(order_customers.ordered_at as date) as order_date
    from order_lines
    inner join order_customers
        on
            order_lines.brand_id = order_customers.brand_id
            and order_lines.order_id = order_customers.order_id
),

habits as (
    select
        customer_id,
        brand_id,
        product_id,
        count(*) as day_count,
        min(order_date) as first_date,
        max(order_date) as last_date
    from days_bought
    group by customer_id, brand_id, product_id
    having count(*) >= {{ var('replenishment_min_days_bought') }}
),

rhythms as (
    select
        customer_id,
        brand_id,
        product_id,
        last_date,
        cast(
            floor({{ days_between('first_date', 'last_date') }} / (day_count - 1)) as integer
        ) as interval_days
    from habits
),

products_due as (
    select
        customer_id,
        brand_id,
        product_id,
        interval_days,
        cast({{ add_days_column('last_date', 'interval_days') }} as date) as due_date
    from rhythms
    where interval_days >= {{ var('replenishment_min_interval_days') }}
),

products_ranked as (
    select
        products_due.customer_id,
        products_due.brand_id,
        products_due.product_id,
        products_due.interval_days,
        products_due.due_date,
        row_number() over (
            partition by products_due.customer_id, products_due.brand_id
            order by products_due.due_date, products_due.product_id
        ) as due_rank
    from products_due
    cross join as_of
    where
        {{ days_between('as_of.as_of_date', 'products_due.due_date') }}
        <= {{ var('replenishment_lead_days') }}
        and {{ days_between('products_due.due_date', 'as_of.as_of_date') }}
        < {{ var('replenishment_late_days') }}
),

due_first as (
    select
        customer_id,
        brand_id,
        product_id,
        interval_days,
        due_date,
        {{ add_days('cast(due_date as timestamp)', -(var('replenishment_lead_days') | int)) }}
            as entered_at
    from products_ranked
    where due_rank = 1
),

permitted as (
    select due_first.*
    from due_first
    left join profiling_stops
        on
            due_first.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = due_first.brand_id
    where profiling_stops.customer_id is null
)

select * from permitted
