-- Which rate an order or a refund is converted at: the last one known at or before its (UTC) day,
-- to the reporting currency, by way of EUR. Only the pairs that the data needs are here.
with orders as (
    select brand_id, order_id, currency_code, cast(ordered_at as date) as order_date
    from {{ ref('stg_transaction__orders') }}
),

returns as (
    select brand_id, order_id, cast(returned_at as date) as return_date
    from {{ ref('stg_transaction__returns') }}
),

exchange_rates as (
    select
        from_currency as currency_code,
        cast(rate_date as date) as rate_date,
        cast(rate as double) as euro_rate
    from {{ ref('exchange_rates') }}
    where to_currency = 'EUR' and from_currency <> 'EUR'
),

pairs_needed as (
    select
        currency_code,
        order_date as rate_date
    from orders

    union distinct

    select
        orders.currency_code,
        returns.return_date as rate_date
    from returns
    inner join orders
        on
            returns.brand_id = orders.brand_id
            and returns.order_id = orders.order_id
),

days_needed as (
    select distinct rate_date
    from pairs_needed
),

rates_dated as (
    select
        currency_code,
        euro_rate,
        rate_date as first_date,
        lead(rate_date) over (partition by currency_code order by rate_date) as next_date
    from exchange_rates
),

-- What one unit of the reporting currency is worth in EUR on each day.
reporting_rates as (
    select
        days_needed.rate_date,
        case
            when '{{ var("reporting_currency") }}' = 'EUR' then cast(1 as double)
            else rates_dated.euro_rate
        end as euro_rate
    from days_needed
    left join rates_dated
        on
            rates_dated.currency_code = '{{ var("reporting_currency") }}'
            and days_needed.rate_date >= rates_dated.first_date
            and (days_needed.rate_date < rates_dated.next_date or rates_dated.next_date is null)
),

pairs_rated as (
    select
        pairs_needed.currency_code,
        pairs_needed.rate_date,
        case
            when pairs_needed.currency_code = '{{ var("reporting_currency") }}'
                then cast(1 as decimal(18, 10))
            when pairs_needed.currency_code = 'EUR'
                then cast(1 / reporting_rates.euro_rate as decimal(18, 10))
            else cast(rates_dated.euro_rate / reporting_rates.euro_rate as decimal(18, 10))
        end as rate
    from pairs_needed
    inner join reporting_rates
        on pairs_needed.rate_date = reporting_rates.rate_date
    left join rates_dated
        on
            pairs_needed.currency_code = rates_dated.currency_code
            and pairs_needed.rate_date >= rates_dated.first_date
            and (pairs_needed.rate_date < rates_dated.next_date or rates_dated.next_date is null)
),

rates_known as (
    select
        currency_code,
        rate_date,
        rate
    from pairs_rated
    where rate is not null
)

select * from rates_known
