with backtest_customers as (
    select
        scope,
        cutoff_date,
        horizon_days,
        decile,
        actual_orders,
        actual_amount,
        expected_orders,
        predicted_amount,
        last_year_orders
    from {{ ref('int_value__backtest_customers') }}
),

deciles_summed as (
    select
        scope,
        cutoff_date,
        cast(horizon_days as integer) as horizon_days,
        decile,
        cast(count(*) as bigint) as customer_count,
        cast(sum(expected_orders) as decimal(18, 6)) as expected_orders,
        cast(sum(actual_orders) as bigint) as actual_orders,
        cast(sum(last_year_orders) as decimal(18, 6)) as last_year_orders,
        cast(sum(predicted_amount) as decimal(18, 2)) as predicted_amount,
        cast(sum(actual_amount) as decimal(18, 2)) as actual_amount,
        cast(count(case when actual_orders > 0 then 1 end) as bigint) as ordering_customer_count
    from backtest_customers
    group by scope, cutoff_date, horizon_days, decile
)

select * from deciles_summed
