with summaries as (
    select
        customer_id,
        scope,
        cutoff_date,
        repeat_purchase_count,
        last_purchase_days,
        age_days,
        last_year_purchase_count,
        mean_repeat_amount,
        first_purchase_date,
        last_purchase_date
    from {{ ref('int_value__purchase_summaries') }}
),

parameters as (
    select scope, cutoff_date, r, alpha_weeks, a, b, p, q, v
    from {{ ref('int_value__prediction_parameters') }}
),

expected_purchases as (
    select
        scope,
        cutoff_date,
        repeat_purchase_count,
        age_days,
        purchases_90_days,
        purchases_365_days
    from {{ ref('int_value__expected_purchases') }}
),

customers_modelled as (
    select
        summaries.customer_id,
        summaries.scope,
        summaries.cutoff_date,
        summaries.repeat_purchase_count,
        summaries.last_purchase_days,
        summaries.age_days,
        summaries.last_year_purchase_count,
        summaries.mean_repeat_amount,
        summaries.first_purchase_date,
        summaries.last_purchase_date,
        parameters.r + summaries.repeat_purchase_count as shape,
        parameters.alpha_weeks + summaries.age_days / 7e0 as scale,
        {{ bgnbd_probability_alive(
            'parameters', 'summaries.repeat_purchase_count',
            'summaries.last_purchase_days / 7e0', 'summaries.age_days / 7e0'
        ) }} as alive,
        1e0 - {{ bgnbd_silence(
            'parameters', 'summaries.repeat_purchase_count', 'summaries.age_days / 7e0',
            '(90e0 / 7e0)'
        ) }} as order_90_days,
        1e0 - {{ bgnbd_silence(
            'parameters', 'summaries.repeat_purchase_count', 'summaries.age_days / 7e0',
            '(365e0 / 7e0)'
        ) }} as order_365_days,
        expected_purchases.purchases_90_days,
        expected_purchases.purchases_365_days,
        -- Gamma-Gamma: the mean of the population and the customer's own, weighed by how often
        -- they came back.
        parameters.p * (
            parameters.v
            + summaries.repeat_purchase_count
            * cast(coalesce(summaries.mean_repeat_amount, 0) as double)
        ) / (parameters.p * summaries.repeat_purchase_count + parameters.q - 1e0) as amount
    from summaries
    inner join parameters
        on
            summaries.scope = parameters.scope
            and summaries.cutoff_date = parameters.cutoff_date
    inner join expected_purchases
        on
            summaries.scope = expected_purchases.scope
            and summaries.cutoff_date = expected_purchases.cutoff_date
            and summaries.repeat_purchase_count = expected_purchases.repeat_purchase_count
            and summaries.age_days = expected_purchases.age_days
),

-- The next order is as likely as not within the time in which alive * (1 - silence) reaches one
-- half.
waits_solved as (
    select
        customer_id,
        scope,
        cutoff_date,
        repeat_purchase_count,
        last_purchase_days,
        age_days,
        last_year_purchase_count,
        mean_repeat_amount,
        first_purchase_date,
        last_purchase_date,
        alive,
        alive * order_90_days as order_90_days,
        alive * order_365_days as order_365_days,
        alive * purchases_90_days as purchases_90_days,
        alive * purchases_365_days as purchases_365_days,
        greatest(amount, 0e0) as amount,
        case
            when alive > 0.5e0
                then
                    7e0 * scale
                    * (exp(least(-ln(1e0 - 0.5e0 / alive) / shape, 50e0)) - 1e0)
        end as wait_days
    from customers_modelled
),

scores_rounded as (
    select
        customer_id,
        scope,
        cutoff_date,
        repeat_purchase_count,
        last_purchase_days,
        age_days,
        last_year_purchase_count,
        cast(round(mean_repeat_amount, 2) as decimal(18, 2)) as mean_repeat_amount,
        first_purchase_date,
        last_purchase_date,
        cast(round(alive, 6) as decimal(7, 6)) as probability_alive,
        cast(round(order_90_days, 6) as decimal(7, 6)) as probability_of_order_90_days,
        cast(round(order_365_days, 6) as decimal(7, 6)) as probability_of_order_365_days,
        cast(round(purchases_90_days, 6) as decimal(18, 6)) as expected_orders_90_days,
        cast(round(purchases_365_days, 6) as decimal(18, 6)) as expected_orders_365_days,
        cast(round(amount, 2) as decimal(18, 2)) as expected_order_amount,
        cast(round(purchases_90_days * amount, 2) as decimal(18, 2)) as predicted_value_90_days,
        cast(round(purchases_365_days * amount, 2) as decimal(18, 2))
            as predicted_value_365_days,
        -- Two years on, a date says nothing that one could plan by.
        cast(case when wait_days <= 730e0 then ceil(wait_days) end as integer)
            as next_order_wait_days
    from waits_solved
)

select * from scores_rounded
