-- Can the predictions be believed?
--   dbt show --limit 50 --select can_the_predictions_be_believed
-- How to read it: one row per scope and past day that predictions were made on, as they would have
-- been made then. bias is expected over actual orders: 1 is right. error_to_last_year and
-- error_to_mean are the root mean square error as a share of a naive one's: below 1 the model
-- beats it. is_shipped says that nothing was fitted to your data yet: run `crossbrand fit-
-- predictions`.
with prediction_backtest as (
    select
        scope,
        cutoff_date,
        horizon_days,
        customer_count,
        actual_orders,
        expected_orders,
        root_mean_square_error,
        last_year_root_mean_square_error,
        mean_root_mean_square_error,
        auc,
        last_year_auc,
        is_shipped
    from {{ ref('prediction_backtest') }}
),

judged as (
    select
        scope,
        cutoff_date,
        horizon_days,
        customer_count,
        {{ decimal_quotient('expected_orders', 'actual_orders', 3) }} as bias,
        {{ decimal_quotient('root_mean_square_error', 'last_year_root_mean_square_error', 3) }}
            as error_to_last_year,
        {{ decimal_quotient('root_mean_square_error', 'mean_root_mean_square_error', 3) }}
            as error_to_mean,
        auc,
        last_year_auc,
        is_shipped
    from prediction_backtest
    order by scope, cutoff_date, horizon_days
)

select * from judged
