with predictions as (
    select
        customer_id,
        scope,
        cutoff_date,
        repeat_purchase_count,
        last_purchase_days,
        age_days,
        mean_repeat_amount,
        first_purchase_date,
        last_purchase_date,
        probability_alive,
        probability_of_order_90_days,
        probability_of_order_365_days,
        expected_orders_90_days,
        expected_orders_365_days,
        expected_order_amount,
        predicted_value_90_days,
        predicted_value_365_days,
        next_order_wait_days
    from {{ ref('int_value__predictions') }}
),

cutoffs as (
    select cutoff_date
    from {{ ref('int_value__prediction_cutoffs') }}
    where is_present
),

scored as (
    select
        predictions.customer_id,
        predictions.scope,
        predictions.cutoff_date as as_of_date,
        predictions.first_purchase_date,
        predictions.last_purchase_date,
        predictions.repeat_purchase_count,
        predictions.last_purchase_days,
        predictions.age_days,
        predictions.mean_repeat_amount,
        predictions.probability_alive,
        predictions.probability_of_order_90_days,
        predictions.probability_of_order_365_days,
        predictions.expected_orders_90_days,
        predictions.expected_orders_365_days,
        cast(
            {{ add_days_column('predictions.cutoff_date', 'predictions.next_order_wait_days') }}
            as date
        ) as next_order_date,
        case
            when predictions.probability_of_order_365_days >= {{ var('churn_low_from') }} then 'low'
            when
                predictions.probability_of_order_365_days >= {{ var('churn_medium_from') }}
                then 'medium'
            else 'high'
        end as churn_risk_band,
        predictions.expected_order_amount,
        predictions.predicted_value_90_days,
        predictions.predicted_value_365_days
    from predictions
    inner join cutoffs
        on predictions.cutoff_date = cutoffs.cutoff_date
)

select * from scored
