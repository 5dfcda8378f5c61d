-- Which fit each scope is scored with at each cut-off: its own latest one that saw nothing later,
-- else that of all brands, and in the end the one that is shipped, of which there is one for all
-- brands and one for any brand, since customers buy less often from one than from all.
with summaries as (
    select scope, cutoff_date, repeat_purchase_count, net_amount
    from {{ ref('int_value__purchase_summaries') }}
),

fits as (
    select
        scope,
        fitted_to,
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
    from {{ ref('prediction_parameters') }}
),

scopes_counted as (
    select
        scope,
        cutoff_date,
        sum(net_amount) as net_amount,
        sum(repeat_purchase_count + 1) as purchase_count
    from summaries
    group by scope, cutoff_date
),

scopes_averaged as (
    select
        scope,
        cutoff_date,
        {{ decimal_quotient('net_amount', 'purchase_count', 6) }} as mean_amount
    from scopes_counted
),

fits_ranked as (
    select
        scopes_averaged.scope,
        scopes_averaged.cutoff_date,
        scopes_averaged.mean_amount,
        fits.scope as fitted_scope,
        fits.fitted_to,
        row_number() over (
            partition by scopes_averaged.scope, scopes_averaged.cutoff_date
            order by
                case when fits.scope = scopes_averaged.scope then 0 else 1 end,
                fits.fitted_to desc,
                fits.scope desc
        ) as choice
    from scopes_averaged
    inner join fits
        on
            (
                scopes_averaged.scope = fits.scope
                or fits.scope = 'all'
                or (fits.scope = 'any_brand' and scopes_averaged.scope <> 'all')
            )
            and scopes_averaged.cutoff_date >= fits.fitted_to
),

fits_chosen as (
    select
        fits_ranked.scope,
        fits_ranked.cutoff_date,
        fits_ranked.fitted_scope,
        fits_ranked.fitted_to,
        fits_ranked.fitted_to = date '1970-01-01' as is_shipped,
        fits.customer_count,
        fits.repeat_customer_count,
        fits.repeat_purchase_count,
        fits.r,
        fits.alpha_weeks,
        fits.a,
        fits.b,
        fits.purchase_log_likelihood,
        fits.is_purchase_converged,
        fits.expected_repeat_purchase_count,
        fits.p,
        fits.q,
        -- A fit from elsewhere knows how amounts vary but not how large they are here: v is then
        -- such that the mean of the population, p v / (q - 1), is the mean purchase of the scope.
        case
            when fits.v is not null and fits_ranked.fitted_scope = fits_ranked.scope then fits.v
            when fits_ranked.mean_amount > 0
                then cast(fits_ranked.mean_amount as double) * (fits.q - 1) / fits.p
            else cast(0 as double)
        end as v,
        fits.amount_log_likelihood,
        fits.is_amount_converged,
        fits.mean_repeat_amount,
        fits.frequency_amount_correlation
    from fits_ranked
    inner join fits
        on
            fits_ranked.fitted_scope = fits.scope
            and fits_ranked.fitted_to = fits.fitted_to
    where fits_ranked.choice = 1
)

select * from fits_chosen
