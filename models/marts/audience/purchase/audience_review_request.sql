with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
    where is_restricted
),

order_customers as (
    select brand_id, order_id, customer_id, ordered_at
    from {{ ref('int_transaction__order_customers') }}
    where customer_id is not null
),

orders as (
    select brand_id, order_id, status
    from {{ ref('int_transaction__orders') }}
),

order_lines as (
    select brand_id, order_id, line_number, product_id, line_amount
    from {{ ref('int_value__order_lines') }}
),

refunds as (
    select distinct brand_id, order_id
    from {{ ref('int_transaction__refunds') }}
    where is_counted
),

reviews as (
    select brand_id, review_id, order_id, reviewed_at
    from {{ ref('stg_engagement__reviews') }}
),

service_interactions as (
    select brand_id, interaction_id, opened_at, resolved_at
    from {{ ref('stg_communication__service_interactions') }}
),

customer_records as (
    select brand_id, feed, record_id, customer_id
    from {{ ref('customer_records') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

orders_reviewed as (
    select distinct
        reviews.brand_id,
        reviews.order_id
    from reviews
    cross join as_of
    where reviews.order_id is not null and reviews.reviewed_at <= as_of.as_of_at
),

last_reviews as (
    select
        customer_records.customer_id,
        reviews.brand_id,
        max(reviews.reviewed_at) as last_review_at
    from reviews
    cross join as_of
    inner join customer_records
        on
            reviews.brand_id = customer_records.brand_id
            and customer_records.feed = 'reviews'
            and reviews.review_id = customer_records.record_id
    where reviews.reviewed_at <= as_of.as_of_at
    group by customer_records.customer_id, reviews.brand_id
),

-- First mend what is wrong, then ask for an opinion.
cases_open as (
    select distinct
        customer_records.customer_id,
        service_interactions.brand_id
    from service_interactions
    cross join as_of
    inner join customer_records
        on
            service_interactions.brand_id = customer_records.brand_id
            and customer_records.feed = 'service_interactions'
            and service_interactions.interaction_id = customer_records.record_id
    where
        service_interactions.opened_at <= as_of.as_of_at
        and coalesce(service_interactions.resolved_at > as_of.as_of_at, true)
),

orders_due as (
    select
        order_customers.customer_id,
        order_customers.brand_id,
        order_customers.order_id,
        order_customers.ordered_at,
        row_number() over (
            partition by order_customers.customer_id, order_customers.brand_id
            order by order_customers.ordered_at desc, order_customers.order_id
        ) as recency_rank
    from order_customers
    cross join as_of
    inner join orders
        on
            order_customers.brand_id = orders.brand_id
            and order_customers.order_id = orders.order_id
    left join refunds
        on
            order_customers.brand_id = refunds.brand_id
            and order_customers.order_id = refunds.order_id
    where
        orders.status <> 'returned'
        and refunds.order_id is null
        and {{ has_passed_days(
            'order_customers.ordered_at', 'as_of.as_of_at', var('review_request_after_days')
        ) }}
        and {{ is_within_days(
            'order_customers.ordered_at', 'as_of.as_of_at', var('review_request_until_days')
        ) }}
),

products_ranked as (
    select
        order_lines.brand_id,
        order_lines.order_id,
        order_lines.product_id,
        row_number() over (
            partition by order_lines.brand_id, order_lines.order_id
            order by order_lines.line_amount desc, order_lines.line_number
        ) as product_rank
    from order_lines
),

orders_unreviewed as (
    select
        orders_due.customer_id,
        orders_due.brand_id,
        orders_due.order_id,
        products_ranked.product_id,
        {{ add_days('orders_due.ordered_at', var('review_request_after_days')) }} as entered_at
    from orders_due
    left join products_ranked
        on
            orders_due.brand_id = products_ranked.brand_id
            and orders_due.order_id = products_ranked.order_id
            and products_ranked.product_rank = 1
    left join orders_reviewed
        on
            orders_due.brand_id = orders_reviewed.brand_id
            and orders_due.order_id = orders_reviewed.order_id
    left join last_reviews
        on
            orders_due.customer_id = last_reviews.customer_id
            and orders_due.brand_id = last_reviews.brand_id
    left join cases_open
        on
            orders_due.customer_id = cases_open.customer_id
            and orders_due.brand_id = cases_open.brand_id
    where
        orders_due.recency_rank = 1
        and orders_reviewed.order_id is null
        and coalesce(last_reviews.last_review_at < orders_due.ordered_at, true)
        and cases_open.customer_id is null
),

permitted as (
    select orders_unreviewed.*
    from orders_unreviewed
    left join profiling_stops
        on
            orders_unreviewed.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = orders_unreviewed.brand_id
    where profiling_stops.customer_id is null
)

select * from permitted
