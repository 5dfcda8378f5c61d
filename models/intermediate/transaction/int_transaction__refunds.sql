with returns as (
    select
        brand_id,
        return_id,
        order_id,
        return_type,
        refund_amount_original,
        returned_at
    from {{ ref('stg_transaction__returns') }}
),

orders as (
    select brand_id, order_id, currency_code, is_counted, order_date
    from {{ ref('int_transaction__orders') }}
),

exchange_rates as (
    select currency_code, rate_date, rate
    from {{ ref('int_transaction__exchange_rates') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

-- A return carries no currency: it is paid back in the order's. One dated before the first known
-- rate is converted at the order's day, so that no refund of a counted order is lost.
refunds_converted as (
    select
        returns.brand_id,
        returns.return_id,
        returns.order_id,
        returns.return_type,
        returns.refund_amount_original,
        {{ converted_amount(
            'returns.refund_amount_original',
            'coalesce(return_day_rates.rate, order_day_rates.rate)'
        ) }} as refund_amount,
        (
            coalesce(orders.is_counted, false)
            and returns.returned_at <= as_of.as_of_at
        ) as is_counted,
        returns.returned_at
    from returns
    cross join as_of
    left join orders
        on
            returns.brand_id = orders.brand_id
            and returns.order_id = orders.order_id
    left join exchange_rates as return_day_rates
        on
            orders.currency_code = return_day_rates.currency_code
            and cast(returns.returned_at as date) = return_day_rates.rate_date
    left join exchange_rates as order_day_rates
        on
            orders.currency_code = order_day_rates.currency_code
            and orders.order_date = order_day_rates.rate_date
)

select * from refunds_converted
