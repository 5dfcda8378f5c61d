-- What int_transaction__rfm_measures would have said at the end of each month. Each order adds to
-- the month it was placed in and, where RFM looks back a limited time, takes away again in the
-- month in which it leaves the window; running sums over the months do the rest, so that no order
-- is joined to every month after it.
with all_order_customers as (
    select brand_id, order_id, customer_id, total_amount, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

profiling_stops as (
    select customer_id
    from {{ ref('int_privacy__profiling_stops') }}
    where scope = 'all'
),

order_customers as (
    select
        all_order_customers.brand_id,
        all_order_customers.order_id,
        all_order_customers.customer_id,
        all_order_customers.total_amount,
        all_order_customers.ordered_at
    from all_order_customers
    left join profiling_stops
        on all_order_customers.customer_id = profiling_stops.customer_id
    where profiling_stops.customer_id is null
),

refunds as (
    select brand_id, order_id, refund_amount, returned_at
    from {{ ref('int_transaction__refunds') }}
    where is_counted
),

months as (
    select month_number, end_microseconds, is_current
    from {{ ref('int_history__months') }}
),

orders_placed as (
    select
        brand_id,
        order_id,
        customer_id,
        total_amount,
        ordered_at,
        {{ month_number('ordered_at') }} as month_number,
        {{ epoch_microseconds('ordered_at') }}
        + {{ var('rfm_window_days') | int * 86400000000 }} as leaves_microseconds
    from order_customers
),

leaving_months as (
    select
        brand_id,
        order_id,
        customer_id,
        total_amount,
        ordered_at,
        month_number,
        leaves_microseconds,
        {{ month_number(from_epoch_microseconds('leaves_microseconds')) }} as leaving_month_number
    from orders_placed
),

-- At the very end of the window an order still counts, so it may leave a month later.
orders_leaving as (
    select
        leaving_months.brand_id,
        leaving_months.order_id,
        leaving_months.customer_id,
        leaving_months.total_amount,
        leaving_months.ordered_at,
        leaving_months.month_number,
        case
            when {{ var('rfm_window_days') | int }} = 0 then null
            when leaving_months.leaves_microseconds < months.end_microseconds
                then leaving_months.leaving_month_number
            else leaving_months.leaving_month_number + 1
        end as leaving_month_number
    from leaving_months
    left join months
        on leaving_months.leaving_month_number = months.month_number
),

-- What is paid back after the order has left the window concerns nobody any more.
refunds_placed as (
    select
        orders_leaving.customer_id,
        refunds.refund_amount,
        case
            when refunds.returned_at > orders_leaving.ordered_at
                then {{ month_number('refunds.returned_at') }}
            else orders_leaving.month_number
        end as month_number,
        orders_leaving.leaving_month_number
    from refunds
    inner join orders_leaving
        on
            refunds.brand_id = orders_leaving.brand_id
            and refunds.order_id = orders_leaving.order_id
),

changes_listed as (
    select
        customer_id,
        month_number,
        1 as order_change,
        total_amount as amount_change,
        ordered_at
    from orders_leaving

    union all

    select
        customer_id,
        leaving_month_number as month_number,
        -1 as order_change,
        -total_amount as amount_change,
        cast(null as timestamp) as ordered_at
    from orders_leaving
    where leaving_month_number is not null

    union all

    select
        customer_id,
        month_number,
        0 as order_change,
        -refund_amount as amount_change,
        cast(null as timestamp) as ordered_at
    from refunds_placed
    where leaving_month_number is null or month_number < leaving_month_number

    union all

    select
        customer_id,
        leaving_month_number as month_number,
        0 as order_change,
        refund_amount as amount_change,
        cast(null as timestamp) as ordered_at
    from refunds_placed
    where month_number < leaving_month_number
),

-- Months before the first one that is kept are added up in it.
first_month as (
    select min(month_number) as month_number
    from months
),

changes_summed as (
    select
        changes_listed.customer_id,
        greatest(changes_listed.month_number, first_month.month_number) as month_number,
        sum(changes_listed.order_change) as order_change,
        sum(changes_listed.amount_change) as amount_change,
        max(changes_listed.ordered_at) as last_order_at
    from changes_listed
    cross join first_month
    group by
        changes_listed.customer_id,
        greatest(changes_listed.month_number, first_month.month_number)
),

customers_begun as (
    select
        customer_id,
        min(month_number) as first_month_number
    from changes_summed
    group by customer_id
),

months_spread as (
    select
        customers_begun.customer_id,
        months.month_number,
        months.end_microseconds
    from customers_begun
    inner join months
        on customers_begun.first_month_number <= months.month_number
),

changes_run_up as (
    select
        months_spread.customer_id,
        months_spread.month_number,
        months_spread.end_microseconds,
        sum(coalesce(changes_summed.order_change, 0)) over (
            partition by months_spread.customer_id
            order by months_spread.month_number
            rows between unbounded preceding and current row
        ) as frequency,
        sum(coalesce(changes_summed.amount_change, 0)) over (
            partition by months_spread.customer_id
            order by months_spread.month_number
            rows between unbounded preceding and current row
        ) as monetary_amount,
        max(changes_summed.last_order_at) over (
            partition by months_spread.customer_id
            order by months_spread.month_number
            rows between unbounded preceding and current row
        ) as last_order_at
    from months_spread
    left join changes_summed
        on
            months_spread.customer_id = changes_summed.customer_id
            and months_spread.month_number = changes_summed.month_number
),

customers_measured as (
    select
        customer_id,
        month_number,
        cast(
            floor(
                (end_microseconds - {{ epoch_microseconds('last_order_at') }}) / 8.64e10
            ) as integer
        ) as recency_days,
        cast(frequency as integer) as frequency,
        cast(monetary_amount as decimal(18, 2)) as monetary_amount,
        last_order_at
    from changes_run_up
    where frequency > 0
)

select * from customers_measured
