-- What was predicted of each customer at the past cut-offs, what the naive would have said, and
-- what came of it. The naive know what the model knows: nothing later than the cut-off.
with predictions as (
    select
        customer_id,
        scope,
        cutoff_date,
        age_days,
        last_year_purchase_count,
        expected_orders_90_days,
        expected_orders_365_days,
        predicted_value_90_days,
        predicted_value_365_days
    from {{ ref('int_value__predictions') }}
),

purchase_amounts as (
    select customer_id, scope, purchase_date, known_date, amount
    from {{ ref('int_value__purchase_amounts') }}
),

cutoffs as (
    select days_before, cutoff_date
    from {{ ref('int_value__prediction_cutoffs') }}
    where not is_present
),

-- Only times that are over.
horizons as (
    select
        cutoff_date,
        90 as horizon_days
    from cutoffs
    where days_before >= 90

    union all

    select
        cutoff_date,
        365 as horizon_days
    from cutoffs
    where days_before >= 365
),

horizons_ended as (
    select
        cutoff_date,
        horizon_days,
        cast({{ add_days_column('cutoff_date', 'horizon_days') }} as date) as end_date
    from horizons
),

-- Repeat purchases of the last year by days of acquaintance in it: what a customer makes on
-- average.
rates_counted as (
    select
        scope,
        cutoff_date,
        sum(last_year_purchase_count - case when age_days < 365 then 1 else 0 end)
            as purchase_count,
        sum(least(age_days, 365)) as day_count
    from predictions
    group by scope, cutoff_date
),

days_united as (
    select
        customer_id,
        scope,
        purchase_date,
        count(case when known_date = purchase_date then 1 end) as purchase_count,
        sum(amount) as amount
    from purchase_amounts
    group by customer_id, scope, purchase_date
),

outcomes as (
    select
        days_united.customer_id,
        days_united.scope,
        horizons_ended.cutoff_date,
        horizons_ended.horizon_days,
        sum(days_united.purchase_count) as purchase_count,
        sum(days_united.amount) as amount
    from days_united
    inner join horizons_ended
        on
            days_united.purchase_date > horizons_ended.cutoff_date
            and days_united.purchase_date <= horizons_ended.end_date
    group by
        days_united.customer_id,
        days_united.scope,
        horizons_ended.cutoff_date,
        horizons_ended.horizon_days
),

customers_compared as (
    select
        predictions.customer_id,
        predictions.scope,
        predictions.cutoff_date,
        horizons_ended.horizon_days,
        cast(coalesce(outcomes.purchase_count, 0) as integer) as actual_orders,
        cast(coalesce(outcomes.amount, 0) as decimal(18, 2)) as actual_amount,
        case
            when horizons_ended.horizon_days = 90 then predictions.expected_orders_90_days
            else predictions.expected_orders_365_days
        end as expected_orders,
        case
            when horizons_ended.horizon_days = 90 then predictions.predicted_value_90_days
            else predictions.predicted_value_365_days
        end as predicted_amount,
        coalesce(
            {{ decimal_quotient(
                'predictions.last_year_purchase_count * horizons_ended.horizon_days', '365', 6
            ) }}, 0
        ) as last_year_orders,
        coalesce(
            {{ decimal_quotient(
                'rates_counted.purchase_count * horizons_ended.horizon_days',
                'rates_counted.day_count', 6
            ) }}, 0
        ) as mean_orders
    from predictions
    inner join horizons_ended
        on predictions.cutoff_date = horizons_ended.cutoff_date
    inner join rates_counted
        on
            predictions.scope = rates_counted.scope
            and predictions.cutoff_date = rates_counted.cutoff_date
    left join outcomes
        on
            predictions.customer_id = outcomes.customer_id
            and predictions.scope = outcomes.scope
            and predictions.cutoff_date = outcomes.cutoff_date
            and horizons_ended.horizon_days = outcomes.horizon_days
),

customers_ranked as (
    select
        customer_id,
        scope,
        cutoff_date,
        horizon_days,
        actual_orders,
        actual_amount,
        expected_orders,
        predicted_amount,
        last_year_orders,
        mean_orders,
        count(*) over (partition by scope, cutoff_date, horizon_days) as customer_count,
        rank() over (
            partition by scope, cutoff_date, horizon_days order by expected_orders
        ) as expected_rank,
        rank() over (
            partition by scope, cutoff_date, horizon_days order by last_year_orders
        ) as last_year_rank,
        count(*) over (
            partition by scope, cutoff_date, horizon_days, expected_orders
        ) as expected_ties,
        count(*) over (
            partition by scope, cutoff_date, horizon_days, last_year_orders
        ) as last_year_ties
    from customers_compared
),

-- Customers who share a value share its decile, so a decile may hold more or fewer than a tenth.
deciles_assigned as (
    select
        customer_id,
        scope,
        cutoff_date,
        horizon_days,
        actual_orders,
        actual_amount,
        expected_orders,
        predicted_amount,
        cast(last_year_orders as decimal(18, 6)) as last_year_orders,
        cast(mean_orders as decimal(18, 6)) as mean_orders,
        cast(1 + floor(10 * (expected_rank - 1) / (customer_count * 1e0)) as integer) as decile,
        -- Twice the middle rank of those who tie, which is a whole number.
        cast(2 * expected_rank + expected_ties - 1 as bigint) as expected_double_rank,
        cast(2 * last_year_rank + last_year_ties - 1 as bigint) as last_year_double_rank
    from customers_ranked
)

select * from deciles_assigned
