with parameters as (
    select
        scope,
        cutoff_date,
        fitted_scope,
        fitted_to,
        is_shipped,
        customer_count,
        repeat_customer_count,
        repeat_purchase_count,
        r,
        alpha_weeks,
        a,
        b,
        purchase_log_likelihood,
        is_purchase_converged,
        expected_repeat_purchase_count,
        p,
        q,
        v,
        amount_log_likelihood,
        is_amount_converged,
        mean_repeat_amount,
        frequency_amount_correlation
    from {{ ref('int_value__prediction_parameters') }}
),

cutoffs as (
    select cutoff_date, is_present
    from {{ ref('int_value__prediction_cutoffs') }}
),

cutoffs_told as (
    select
        parameters.scope,
        parameters.cutoff_date,
        cutoffs.is_present,
        parameters.fitted_scope,
        parameters.fitted_to,
        parameters.is_shipped,
        parameters.customer_count,
        parameters.repeat_customer_count,
        parameters.repeat_purchase_count,
        parameters.expected_repeat_purchase_count,
        parameters.r,
        parameters.alpha_weeks,
        parameters.a,
        parameters.b,
        parameters.purchase_log_likelihood,
        parameters.is_purchase_converged,
        parameters.p,
        parameters.q,
        parameters.v,
        parameters.amount_log_likelihood,
        parameters.is_amount_converged,
        parameters.mean_repeat_amount,
        parameters.frequency_amount_correlation
    from parameters
    inner join cutoffs
        on parameters.cutoff_date = cutoffs.cutoff_date
)

select * from cutoffs_told
