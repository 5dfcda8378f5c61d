-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}

-- What a customer brought to each brand and, in the scope all, to the group: counted once for both
-- 360s, so that the two cannot disagree.
with orders as (
    select brand_id, order_id, total_amount, discount_amount, ordered_at
    from {{ ref('int_transaction__orders') }}
    where is_counted
),

refunds as (
    select brand_id, order_id, refund_amount
    from {{ ref('int_transaction__refunds') }}
    where is_counted
),

record_customers as (
    select brand_id, record_id as order_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where feed = 'orders' and customer_id is not null
),

orders_summed as (
    select
        record_customers.customer_id,
        orders.brand_id,
        count(*) as order_count,
        sum(orders.total_amount) as gross_amount,
        sum(orders.discount_amount) as discount_amount,
        min(orders.ordered_at) as first_order_at,
        max(orders.ordered_at) as last_order_at
    from orders
    inner join record_customers
        on
            orders.brand_id = record_customers.brand_id
            and orders.order_id = record_customers.order_id
    group by record_customers.customer_id, orders.brand_id
),

-- A refund is the order's customer's, whoever brought the goods back.
refunds_summed as (
    select
        record_customers.customer_id,
        refunds.brand_id,
        count(*) as return_count,
        sum(refunds.refund_amount) as refund_amount
    from refunds
    inner join record_customers
        on
            refunds.brand_id = record_customers.brand_id
            and refunds.order_id = record_customers.order_id
    group by record_customers.customer_id, refunds.brand_id
),

brands_joined as (
    select
        orders_summed.customer_id,
        orders_summed.brand_id,
        orders_summed.order_count,
        orders_summed.gross_amount,
        coalesce(orders_summed.discount_amount, 0) as discount_amount,
        coalesce(refunds_summed.return_count, 0) as return_count,
        coalesce(refunds_summed.refund_amount, 0) as refund_amount,
        orders_summed.first_order_at,
        orders_summed.last_order_at
    from orders_summed
    left join refunds_summed
        on
            orders_summed.customer_id = refunds_summed.customer_id
            and orders_summed.brand_id = refunds_summed.brand_id
),

scopes_united as (
    select
        customer_id,
        brand_id as scope,
        order_count,
        gross_amount,
        discount_amount,
        return_count,
        refund_amount,
        first_order_at,
        last_order_at
    from brands_joined

    union all

    select
        customer_id,
        'all' as scope,
        sum(order_count) as order_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(return_count) as return_count,
        sum(refund_amount) as refund_amount,
        min(first_order_at) as first_order_at,
        max(last_order_at) as last_order_at
    from brands_joined
    group by customer_id
),

scopes_measured as (
    select
        customer_id,
        scope,
        cast(order_count as bigint) as order_count,
        cast(gross_amount as decimal(18, 2)) as gross_amount,
        cast(discount_amount as decimal(18, 2)) as discount_amount,
        cast(return_count as bigint) as return_count,
        cast(refund_amount as decimal(18, 2)) as refund_amount,
        cast(gross_amount - refund_amount as decimal(18, 2)) as net_amount,
        {{ decimal_quotient('gross_amount - refund_amount', 'order_count', 2) }}
            as average_order_amount,
        first_order_at,
        last_order_at
    from scopes_united
)

select * from scopes_measured
