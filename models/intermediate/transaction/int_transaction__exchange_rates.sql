-- Which rate an order, a refund, a campaign or a price is converted at: the last one known at or
-- before its (UTC) day, to the reporting currency, by way of EUR. Only what is needed is here.
with orders as (
    select brand_id, order_id, currency_code, cast(ordered_at as date) as order_date
    from {{ ref('stg_transaction__orders') }}
),

returns as (
    select brand_id, order_id, cast(returned_at as date) as return_date
    from {{ ref('stg_transaction__returns') }}
),

campaigns as (
    select brand_id, currency_code, cast(started_at as date) as start_date
    from {{ ref('stg_communication__campaigns') }}
),

products as (
    select brand_id, currency_code
    from {{ ref('stg_transaction__products') }}
),

brands as (
    select brand_id, currency_code
    from {{ ref('brands') }}
),

as_of as (
    select as_of_date
    from {{ ref('int_operations__as_of') }}
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

    union distinct

    -- A campaign costs what it cost when it began; without that, and for the brand's usual currency
    -- where a row names none, the day is as_of.
    select
        coalesce(campaigns.currency_code, brands.currency_code) as currency_code,
        coalesce(campaigns.start_date, as_of.as_of_date) as rate_date
    from campaigns
    cross join as_of
    inner join brands
        on campaigns.brand_id = brands.brand_id

    union distinct

    -- The catalogue holds today's prices.
    select
        coalesce(products.currency_code, brands.currency_code) as currency_code,
        as_of.as_of_date as rate_date
    from products
    cross join as_of
    inner join brands
        on products.brand_id = brands.brand_id

    union distinct

    select
        brands.currency_code,
        as_of.as_of_date as rate_date
    from brands
    cross join as_of
    where brands.currency_code is not null
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
