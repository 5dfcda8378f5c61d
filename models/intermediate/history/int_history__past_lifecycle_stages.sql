-- The lifecycle stage of the end of each month that is over, over all brands, by the macro that
-- tells today's: what it was if a cart was open then and what if none was, since carts are told
-- elsewhere. What has happened since the beginning is carried from month to month.
-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}

with customers as (
    select customer_id, first_seen_at
    from {{ ref('int_identity__customers') }}
),

months as (
    select month_number, end_microseconds
    from {{ ref('int_history__fixed_months') }}
    where not is_current
),

order_customers as (
    select brand_id, order_id, customer_id, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

life_days as (
    select customer_id, life_date, last_activity_at, last_visit_at
    from {{ ref('int_lifecycle__life_days') }}
),

first_month as (
    select min(month_number) as month_number
    from months
),

-- What lies before the first month that somebody has is added up in it: a device tells of orders
-- and visits from before the person was seen.
customers_begun as (
    select
        customers.customer_id,
        customers.first_seen_at,
        greatest({{ month_number('customers.first_seen_at') }}, first_month.month_number)
            as first_month_number
    from customers
    cross join first_month
),

orders_numbered as (
    select
        customer_id,
        {{ month_number('ordered_at') }} as month_number,
        ordered_at,
        lag(ordered_at) over (
            partition by customer_id order by ordered_at, brand_id desc, order_id desc
        ) as previous_order_at,
        row_number() over (
            partition by customer_id order by ordered_at, brand_id desc, order_id desc
        ) as order_number
    from order_customers
),

-- The last order of a month and the one before it, which may lie months back.
orders_summed as (
    select
        orders_numbered.customer_id,
        greatest(orders_numbered.month_number, customers_begun.first_month_number)
            as month_number,
        max(orders_numbered.order_number) as order_count,
        max(orders_numbered.ordered_at) as last_order_at,
        {{ first_by('orders_numbered.previous_order_at', '-orders_numbered.order_number') }}
            as previous_order_at
    from orders_numbered
    inner join customers_begun
        on orders_numbered.customer_id = customers_begun.customer_id
    group by
        orders_numbered.customer_id,
        greatest(orders_numbered.month_number, customers_begun.first_month_number)
),

life_summed as (
    select
        life_days.customer_id,
        greatest({{ month_number('life_days.life_date') }}, customers_begun.first_month_number)
            as month_number,
        max(life_days.last_activity_at) as last_activity_at,
        max(life_days.last_visit_at) as last_visit_at
    from life_days
    inner join customers_begun
        on life_days.customer_id = customers_begun.customer_id
    group by
        life_days.customer_id,
        greatest({{ month_number('life_days.life_date') }}, customers_begun.first_month_number)
),

months_spread as (
    select
        customers_begun.customer_id,
        months.month_number,
        months.end_microseconds,
        orders_summed.order_count,
        orders_summed.last_order_at,
        orders_summed.previous_order_at,
        life_summed.last_activity_at,
        life_summed.last_visit_at
    from customers_begun
    inner join months
        on {{ epoch_microseconds('customers_begun.first_seen_at') }} <= months.end_microseconds
    left join orders_summed
        on
            customers_begun.customer_id = orders_summed.customer_id
            and months.month_number = orders_summed.month_number
    left join life_summed
        on
            customers_begun.customer_id = life_summed.customer_id
            and months.month_number = life_summed.month_number
),

-- Counts and moments only grow, so the greatest so far is the latest; so is the order before the
-- last.
months_carried as (
    select
        customer_id,
        month_number,
        {{ from_epoch_microseconds('end_microseconds') }} as moment_at,
        max(order_count) over (
            partition by customer_id
            order by month_number
            rows between unbounded preceding and current row
        ) as order_count,
        max(last_order_at) over (
            partition by customer_id
            order by month_number
            rows between unbounded preceding and current row
        ) as last_order_at,
        max(previous_order_at) over (
            partition by customer_id
            order by month_number
            rows between unbounded preceding and current row
        ) as previous_order_at,
        max(last_activity_at) over (
            partition by customer_id
            order by month_number
            rows between unbounded preceding and current row
        ) as last_activity_at,
        max(last_visit_at) over (
            partition by customer_id
            order by month_number
            rows between unbounded preceding and current row
        ) as last_visit_at
    from months_spread
),

stages_told as (
    select
        customer_id,
        month_number,
        {{ lifecycle_stage(
            moment_at='moment_at',
            order_count='order_count',
            last_order_at='last_order_at',
            previous_order_at='previous_order_at',
            last_visit_at='last_visit_at',
            last_activity_at='last_activity_at',
            has_open_cart='true'
        ) }} as lifecycle_stage_with_cart,
        {{ lifecycle_stage(
            moment_at='moment_at',
            order_count='order_count',
            last_order_at='last_order_at',
            previous_order_at='previous_order_at',
            last_visit_at='last_visit_at',
            last_activity_at='last_activity_at',
            has_open_cart='false'
        ) }} as lifecycle_stage_without_cart
    from months_carried
)

select * from stages_told
