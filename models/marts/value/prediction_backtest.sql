with backtest_customers as (
    select
        scope,
        cutoff_date,
        horizon_days,
        actual_orders,
        actual_amount,
        expected_orders,
        predicted_amount,
        last_year_orders,
        mean_orders,
        decile,
        expected_double_rank,
        last_year_double_rank
    from {{ ref('int_value__backtest_customers') }}
),

parameters as (
    select scope, cutoff_date, fitted_scope, fitted_to, is_shipped, r, alpha_weeks, a, b, p, q, v
    from {{ ref('int_value__prediction_parameters') }}
),

errors_measured as (
    select
        scope,
        cutoff_date,
        horizon_days,
        count(*) as customer_count,
        sum(actual_orders) as actual_orders,
        sum(expected_orders) as expected_orders,
        sum(last_year_orders) as last_year_orders,
        sum(mean_orders) as mean_orders,
        sum(actual_amount) as actual_amount,
        sum(predicted_amount) as predicted_amount,
        {{ decimal_quotient('sum(abs(expected_orders - actual_orders))', 'count(*)', 6) }}
            as mean_absolute_error,
        {{ decimal_quotient('sum(abs(last_year_orders - actual_orders))', 'count(*)', 6) }}
            as last_year_mean_absolute_error,
        {{ decimal_quotient('sum(abs(mean_orders - actual_orders))', 'count(*)', 6) }}
            as mean_mean_absolute_error,
        {{ root_mean_square('expected_orders - actual_orders', 6) }} as root_mean_square_error,
        {{ root_mean_square('last_year_orders - actual_orders', 6) }}
            as last_year_root_mean_square_error,
        {{ root_mean_square('mean_orders - actual_orders', 6) }} as mean_root_mean_square_error,
        {{ area_under_curve('expected_double_rank', 'actual_orders > 0') }} as auc,
        {{ area_under_curve('last_year_double_rank', 'actual_orders > 0') }} as last_year_auc,
        {{ decimal_quotient(
            'sum(case when decile = 10 then actual_orders else 0 end)', 'sum(actual_orders)', 4
        ) }} as best_decile_order_share
    from backtest_customers
    group by scope, cutoff_date, horizon_days
),

parameters_joined as (
    select
        errors_measured.scope,
        errors_measured.cutoff_date,
        cast(errors_measured.horizon_days as integer) as horizon_days,
        cast(errors_measured.customer_count as bigint) as customer_count,
        cast(errors_measured.actual_orders as bigint) as actual_orders,
        cast(errors_measured.expected_orders as decimal(18, 6)) as expected_orders,
        cast(errors_measured.last_year_orders as decimal(18, 6)) as last_year_orders,
        cast(errors_measured.mean_orders as decimal(18, 6)) as mean_orders,
        cast(errors_measured.actual_amount as decimal(18, 2)) as actual_amount,
        cast(errors_measured.predicted_amount as decimal(18, 2)) as predicted_amount,
        errors_measured.mean_absolute_error,
        errors_measured.last_year_mean_absolute_error,
        errors_measured.mean_mean_absolute_error,
        errors_measured.root_mean_square_error,
        errors_measured.last_year_root_mean_square_error,
        errors_measured.mean_root_mean_square_error,
        errors_measured.auc,
        errors_measured.last_year_auc,
        errors_measured.best_decile_order_share,
        parameters.fitted_scope,
        parameters.fitted_to,
        parameters.is_shipped,
        parameters.r,
        parameters.alpha_weeks,
        parameters.a,
        parameters.b,
        parameters.p,
        parameters.q,
        parameters.v
    from errors_measured
    inner join parameters
        on
            errors_measured.scope = parameters.scope
            and errors_measured.cutoff_date = parameters.cutoff_date
)

select * from parameters_joined
