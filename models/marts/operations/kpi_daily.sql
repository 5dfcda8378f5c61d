{#
    Money and visits of each brand by UTC day, counted from the facts and not from the customers: an
    order whose buyer nobody can tell counts here all the same.
#}
with

orders as (
    select * from {{ ref('int_transaction__orders') }}
),

refunds as (
    select * from {{ ref('int_transaction__refunds') }}
),

sessions as (
    select * from {{ ref('int_engagement__sessions') }}
),

record_customers as (
    select * from {{ ref('int_identity__record_customers') }}
),

service_interactions as (
    select * from {{ ref('stg_communication__service_interactions') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

orders_bound as (
    select
        orders.brand_id,
        cast(orders.ordered_at as date) as kpi_date,
        orders.total_amount,
        record_customers.customer_id,
        min(cast(orders.ordered_at as date)) over (
            partition by orders.brand_id, record_customers.customer_id
        ) as first_order_date
    from orders
    left join record_customers
        on
            record_customers.feed = 'orders'
            and orders.brand_id = record_customers.brand_id
            and orders.order_id = record_customers.record_id
    where orders.is_counted
),

orders_counted as (
    select
        brand_id,
        kpi_date,
        count(*) as order_count,
        count(customer_id) as known_customer_order_count,
        count(distinct customer_id) as ordering_customer_count,
        count(distinct case when first_order_date = kpi_date then customer_id end)
            as new_customer_count,
        sum(total_amount) as gross_amount
    from orders_bound
    group by brand_id, kpi_date
),

refunds_counted as (
    select
        brand_id,
        cast(returned_at as date) as kpi_date,
        count(*) as return_count,
        sum(refund_amount) as refund_amount
    from refunds
    where is_counted
    group by brand_id, cast(returned_at as date)
),

sessions_counted as (
    select
        brand_id,
        cast(started_at as date) as kpi_date,
        count(*) as session_count,
        count(case when purchase_count > 0 then 1 end) as purchase_session_count,
        count(case when is_cart_abandoned then 1 end) as abandoned_cart_count
    from sessions
    group by brand_id, cast(started_at as date)
),

-- An answer before the question is a slip of somebody's clock; one after as_of has not come yet.
interactions_counted as (
    select
        service_interactions.brand_id,
        cast(service_interactions.opened_at as date) as kpi_date,
        count(*) as interaction_count,
        count(
            case
                when
                    service_interactions.first_response_at
                    between service_interactions.opened_at and as_of.as_of_at
                    then 1
            end
        ) as responded_interaction_count,
        sum(
            case
                when
                    service_interactions.first_response_at
                    between service_interactions.opened_at and as_of.as_of_at
                    then
                        {{ epoch_microseconds('service_interactions.first_response_at') }}
                        - {{ epoch_microseconds('service_interactions.opened_at') }}
            end
        ) as response_microseconds
    from service_interactions
    cross join as_of
    where service_interactions.opened_at <= as_of.as_of_at
    group by service_interactions.brand_id, cast(service_interactions.opened_at as date)
),

days as (
    select
        brand_id,
        kpi_date
    from orders_counted
    union
    select
        brand_id,
        kpi_date
    from refunds_counted
    union
    select
        brand_id,
        kpi_date
    from sessions_counted
    union
    select
        brand_id,
        kpi_date
    from interactions_counted
),

joined as (
    select
        days.brand_id,
        days.kpi_date,
        cast(coalesce(orders_counted.order_count, 0) as bigint) as order_count,
        cast(coalesce(orders_counted.known_customer_order_count, 0) as bigint)
            as known_customer_order_count,
        cast(coalesce(orders_counted.ordering_customer_count, 0) as bigint)
            as ordering_customer_count,
        cast(coalesce(orders_counted.new_customer_count, 0) as bigint) as new_customer_count,
        cast(coalesce(orders_counted.gross_amount, 0) as decimal(18, 2)) as gross_amount,
        cast(coalesce(refunds_counted.return_count, 0) as bigint) as return_count,
        cast(coalesce(refunds_counted.refund_amount, 0) as decimal(18, 2)) as refund_amount,
        cast(
            coalesce(orders_counted.gross_amount, 0) - coalesce(refunds_counted.refund_amount, 0)
            as decimal(18, 2)
        ) as net_amount,
        cast(coalesce(sessions_counted.session_count, 0) as bigint) as session_count,
        cast(coalesce(sessions_counted.purchase_session_count, 0) as bigint)
            as purchase_session_count,
        cast(coalesce(sessions_counted.abandoned_cart_count, 0) as bigint) as abandoned_cart_count,
        cast(coalesce(interactions_counted.interaction_count, 0) as bigint) as interaction_count,
        interactions_counted.responded_interaction_count,
        interactions_counted.response_microseconds
    from days
    left join orders_counted
        on
            days.brand_id = orders_counted.brand_id
            and days.kpi_date = orders_counted.kpi_date
    left join refunds_counted
        on
            days.brand_id = refunds_counted.brand_id
            and days.kpi_date = refunds_counted.kpi_date
    left join sessions_counted
        on
            days.brand_id = sessions_counted.brand_id
            and days.kpi_date = sessions_counted.kpi_date
    left join interactions_counted
        on
            days.brand_id = interactions_counted.brand_id
            and days.kpi_date = interactions_counted.kpi_date
),

rated as (
    select
        brand_id,
        kpi_date,
        order_count,
        known_customer_order_count,
        ordering_customer_count,
        new_customer_count,
        gross_amount,
        return_count,
        refund_amount,
        net_amount,
        session_count,
        purchase_session_count,
        abandoned_cart_count,
        interaction_count,
        {{ decimal_quotient('gross_amount', 'order_count', 2) }} as average_order_amount,
        {{ decimal_quotient('net_amount', 'ordering_customer_count', 2) }}
            as net_amount_per_customer,
        {{ decimal_quotient(
            'ordering_customer_count - new_customer_count', 'ordering_customer_count', 6
        ) }} as returning_customer_share,
        {{ decimal_quotient('purchase_session_count', 'session_count', 6) }} as conversion_rate,
        {{ decimal_quotient('response_microseconds', 'responded_interaction_count * 60000000', 2) }}
            as average_first_response_minutes
    from joined
)

select * from rated
