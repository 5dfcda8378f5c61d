-- All that the models of Fader and Hardie need to know of a customer, as of each cut-off: how
-- often they came back, when last, how long they have been known, and what they spent when they
-- came back.
with purchase_amounts as (
    select customer_id, scope, purchase_date, known_date, amount
    from {{ ref('int_value__purchase_amounts') }}
),

cutoffs as (
    select cutoff_date
    from {{ ref('int_value__prediction_cutoffs') }}
),

purchases_known as (
    select
        purchase_amounts.customer_id,
        purchase_amounts.scope,
        cutoffs.cutoff_date,
        purchase_amounts.purchase_date,
        sum(purchase_amounts.amount) as amount
    from purchase_amounts
    inner join cutoffs
        on purchase_amounts.known_date <= cutoffs.cutoff_date
    group by
        purchase_amounts.customer_id,
        purchase_amounts.scope,
        cutoffs.cutoff_date,
        purchase_amounts.purchase_date
),

purchases_placed as (
    select
        customer_id,
        scope,
        cutoff_date,
        purchase_date,
        amount,
        min(purchase_date) over (partition by customer_id, scope, cutoff_date)
            as first_purchase_date
    from purchases_known
),

customers_summarised as (
    select
        customer_id,
        scope,
        cutoff_date,
        count(*) as purchase_count,
        min(purchase_date) as first_purchase_date,
        max(purchase_date) as last_purchase_date,
        sum(amount) as net_amount,
        sum(case when purchase_date > first_purchase_date then amount else 0 end)
            as repeat_amount,
        count(
            case
                when {{ days_between('purchase_date', 'cutoff_date') }} < 365 then 1
            end
        ) as last_year_purchase_count
    from purchases_placed
    group by customer_id, scope, cutoff_date
),

ages_counted as (
    select
        customer_id,
        scope,
        cutoff_date,
        cast(purchase_count - 1 as integer) as repeat_purchase_count,
        {{ days_between('first_purchase_date', 'last_purchase_date') }} as last_purchase_days,
        {{ days_between('first_purchase_date', 'cutoff_date') }} as age_days,
        cast(last_year_purchase_count as integer) as last_year_purchase_count,
        cast(net_amount as decimal(18, 2)) as net_amount,
        {{ decimal_quotient('repeat_amount', 'purchase_count - 1', 6) }} as mean_repeat_amount,
        first_purchase_date,
        last_purchase_date
    from customers_summarised
)

select * from ages_counted
