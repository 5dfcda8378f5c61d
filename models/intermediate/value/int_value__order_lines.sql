-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key(), keyless='anew') }}

-- What each line of a counted order brought, less what was paid back of it. A return that names
-- its line, or else its product, is taken from that line; one that names neither is spread over
-- the lines of the order by what they cost. All in the order's currency and converted once, at the
-- rate of the order's day: at two rates a piece that was sent back would leave some cents behind,
-- and who bought nothing else would seem to like nothing better.
with order_lines as (
    select
        brand_id,
        order_id,
        line_number,
        product_id,
        quantity,
        unit_price_amount_original,
        discount_amount_original
    from {{ ref('stg_transaction__order_lines') }}
),

orders as (
    select brand_id, order_id, currency_code, order_date
    from {{ ref('int_transaction__orders') }}
    where is_counted
),

-- Every order is a record, though not everybody's.
order_customers as (
    select brand_id, record_id as order_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where feed = 'orders'
),

refunds as (
    select brand_id, return_id, order_id, refund_amount_original
    from {{ ref('int_transaction__refunds') }}
    where is_counted
),

returns as (
    select brand_id, return_id, line_number, product_id, quantity
    from {{ ref('stg_transaction__returns') }}
),

exchange_rates as (
    select currency_code, rate_date, rate
    from {{ ref('int_transaction__exchange_rates') }}
),

lines_priced as (
    select
        order_lines.brand_id,
        order_lines.order_id,
        order_lines.line_number,
        order_customers.customer_id,
        order_lines.product_id,
        order_lines.quantity,
        order_lines.unit_price_amount_original,
        cast(coalesce(order_lines.discount_amount_original, 0) as decimal(18, 2))
            as discount_amount_original,
        cast(
            round(
                cast(order_lines.quantity as decimal(19, 3))
                * order_lines.unit_price_amount_original, 2
            ) - coalesce(order_lines.discount_amount_original, 0) as decimal(18, 2)
        ) as line_amount_original,
        exchange_rates.rate,
        row_number() over (
            partition by order_lines.brand_id, order_lines.order_id, order_lines.product_id
            order by order_lines.line_number
        ) as product_line_number
    from order_lines
    inner join orders
        on
            order_lines.brand_id = orders.brand_id
            and order_lines.order_id = orders.order_id
    inner join exchange_rates
        on
            orders.currency_code = exchange_rates.currency_code
            and orders.order_date = exchange_rates.rate_date
    inner join order_customers
        on
            order_lines.brand_id = order_customers.brand_id
            and order_lines.order_id = order_customers.order_id
),

refunds_placed as (
    select
        refunds.brand_id,
        refunds.order_id,
        refunds.return_id,
        refunds.refund_amount_original,
        returns.quantity,
        coalesce(lines_named.line_number, products_named.line_number) as line_number
    from refunds
    inner join returns
        on
            refunds.brand_id = returns.brand_id
            and refunds.return_id = returns.return_id
    left join lines_priced as lines_named
        on
            refunds.brand_id = lines_named.brand_id
            and refunds.order_id = lines_named.order_id
            and returns.line_number = lines_named.line_number
    left join lines_priced as products_named
        on
            refunds.brand_id = products_named.brand_id
            and refunds.order_id = products_named.order_id
            and returns.product_id = products_named.product_id
            and products_named.product_line_number = 1
),

lines_named_summed as (
    select
        brand_id,
        order_id,
        line_number,
        sum(refund_amount_original) as refund_amount_original,
        sum(coalesce(quantity, 0)) as returned_quantity
    from refunds_placed
    where line_number is not null
    group by brand_id, order_id, line_number
),

orders_unnamed_summed as (
    select
        brand_id,
        order_id,
        sum(refund_amount_original) as refund_amount_original
    from refunds_placed
    where line_number is null
    group by brand_id, order_id
),

-- Free lines bear nothing. Where all are free nothing can have been paid back for them.
lines_run_up as (
    select
        lines_priced.brand_id,
        lines_priced.order_id,
        lines_priced.line_number,
        orders_unnamed_summed.refund_amount_original,
        sum(greatest(lines_priced.line_amount_original, 0)) over (
            partition by lines_priced.brand_id, lines_priced.order_id
            order by lines_priced.line_number
            rows between unbounded preceding and current row
        ) as amount_up_to,
        sum(greatest(lines_priced.line_amount_original, 0)) over (
            partition by lines_priced.brand_id, lines_priced.order_id
        ) as amount_total
    from lines_priced
    inner join orders_unnamed_summed
        on
            lines_priced.brand_id = orders_unnamed_summed.brand_id
            and lines_priced.order_id = orders_unnamed_summed.order_id
),

cents_run_up as (
    select
        brand_id,
        order_id,
        line_number,
        {{ cents_up_to(
            'refund_amount_original', 'cast(amount_up_to as double)', 'cast(amount_total as double)'
        ) }} as refund_cents
    from lines_run_up
    where amount_total > 0
),

refunds_spread as (
    select
        brand_id,
        order_id,
        line_number,
        refund_cents - coalesce(
            lag(refund_cents) over (partition by brand_id, order_id order by line_number), 0
        ) as refund_cents
    from cents_run_up
),

lines_netted as (
    select
        lines_priced.brand_id,
        lines_priced.order_id,
        lines_priced.line_number,
        lines_priced.customer_id,
        lines_priced.product_id,
        lines_priced.quantity,
        cast(coalesce(lines_named_summed.returned_quantity, 0) as decimal(18, 3))
            as returned_quantity,
        lines_priced.unit_price_amount_original,
        lines_priced.discount_amount_original,
        lines_priced.line_amount_original,
        cast(
            lines_priced.line_amount_original
            - coalesce(lines_named_summed.refund_amount_original, 0)
            - coalesce(refunds_spread.refund_cents * 0.01, 0)
            as decimal(18, 2)
        ) as net_line_amount_original,
        lines_priced.rate
    from lines_priced
    left join lines_named_summed
        on
            lines_priced.brand_id = lines_named_summed.brand_id
            and lines_priced.order_id = lines_named_summed.order_id
            and lines_priced.line_number = lines_named_summed.line_number
    left join refunds_spread
        on
            lines_priced.brand_id = refunds_spread.brand_id
            and lines_priced.order_id = refunds_spread.order_id
            and lines_priced.line_number = refunds_spread.line_number
),

lines_converted as (
    select
        brand_id,
        order_id,
        line_number,
        customer_id,
        product_id,
        quantity,
        returned_quantity,
        {{ converted_amount('unit_price_amount_original', 'rate', 6) }} as unit_price_amount,
        {{ converted_amount('discount_amount_original', 'rate') }} as discount_amount,
        {{ converted_amount('line_amount_original', 'rate') }} as line_amount,
        {{ converted_amount('net_line_amount_original', 'rate') }} as net_line_amount
    from lines_netted
)

select * from lines_converted
