with order_customers as (
    select brand_id, order_id, customer_id, total_amount, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

refunds as (
    select brand_id, order_id, refund_amount, returned_at
    from {{ ref('int_transaction__refunds') }}
    where is_counted
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

month_offsets as (
    select month_offset
    from {{ ref('int_operations__month_offsets') }}
),

-- Orders in their month, refunds in theirs; before the cohort's first month nothing can be
-- refunded.
happenings as (
    select
        customer_id,
        brand_id,
        {{ month_number('ordered_at') }} as month_number,
        1 as order_count,
        total_amount as amount
    from order_customers

    union all

    select
        order_customers.customer_id,
        order_customers.brand_id,
        case
            when refunds.returned_at > order_customers.ordered_at
                then {{ month_number('refunds.returned_at') }}
            else {{ month_number('order_customers.ordered_at') }}
        end as month_number,
        0 as order_count,
        -refunds.refund_amount as amount
    from refunds
    inner join order_customers
        on
            refunds.brand_id = order_customers.brand_id
            and refunds.order_id = order_customers.order_id
),

months_summed as (
    select
        customer_id,
        brand_id,
        month_number,
        sum(order_count) as order_count,
        sum(amount) as amount
    from happenings
    group by customer_id, brand_id, month_number
),

scopes_united as (
    select
        customer_id,
        brand_id as scope,
        month_number,
        order_count,
        amount
    from months_summed

    union all

    select
        customer_id,
        'all' as scope,
        month_number,
        sum(order_count) as order_count,
        sum(amount) as amount
    from months_summed
    group by customer_id, month_number
),

cohorts_joined as (
    select
        customer_id,
        scope,
        month_number,
        order_count,
        amount,
        min(month_number) over (partition by customer_id, scope) as cohort_number
    from scopes_united
),

cohort_months as (
    select
        scope,
        cohort_number,
        month_number,
        count(case when order_count > 0 then 1 end) as active_customer_count,
        sum(order_count) as order_count,
        sum(amount) as net_amount
    from cohorts_joined
    group by scope, cohort_number, month_number
),

cohort_sizes as (
    select
        scope,
        cohort_number,
        active_customer_count as customer_count
    from cohort_months
    where month_number = cohort_number
),

last_month as (
    select {{ month_number('as_of_at') }} as month_number
    from as_of
),

-- A month in which nobody of a cohort ordered is a row with 0, not a gap in the chart.
months_spread as (
    select
        cohort_sizes.scope,
        cohort_sizes.cohort_number,
        cohort_sizes.customer_count,
        cohort_sizes.cohort_number + month_offsets.month_offset as month_number,
        last_month.month_number as last_month_number
    from cohort_sizes
    cross join last_month
    inner join month_offsets
        on month_offsets.month_offset <= last_month.month_number - cohort_sizes.cohort_number
),

retention_measured as (
    select
        months_spread.scope,
        {{ month_start('months_spread.cohort_number') }} as cohort_month_date,
        {{ month_start('months_spread.month_number') }} as month_date,
        cast(months_spread.month_number - months_spread.cohort_number as integer)
            as months_since_first,
        months_spread.month_number < months_spread.last_month_number as is_month_over,
        cast(months_spread.customer_count as bigint) as customer_count,
        cast(coalesce(cohort_months.active_customer_count, 0) as bigint)
            as active_customer_count,
        {{ decimal_quotient(
            'coalesce(cohort_months.active_customer_count, 0)', 'months_spread.customer_count', 6
        ) }} as retention_share,
        cast(coalesce(cohort_months.order_count, 0) as bigint) as order_count,
        cast(coalesce(cohort_months.net_amount, 0) as decimal(18, 2)) as net_amount,
        cast(
            sum(coalesce(cohort_months.net_amount, 0)) over (
                partition by months_spread.scope, months_spread.cohort_number
                order by months_spread.month_number
                rows between unbounded preceding and current row
            ) as decimal(18, 2)
        ) as net_amount_to_date
    from months_spread
    left join cohort_months
        on
            months_spread.scope = cohort_months.scope
            and months_spread.cohort_number = cohort_months.cohort_number
            and months_spread.month_number = cohort_months.month_number
)

select * from retention_measured
