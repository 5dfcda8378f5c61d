with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
),

customer_brand_360 as (
    select customer_id, brand_id, order_count, last_order_at
    from {{ ref('customer_brand_360') }}
),

order_customers as (
    select brand_id, order_id, customer_id, ordered_at
    from {{ ref('int_transaction__order_customers') }}
    where customer_id is not null
),

reviews as (
    select brand_id, review_id, rating, reviewed_at
    from {{ ref('stg_engagement__reviews') }}
),

share_codes as (
    select brand_id, share_code, created_at
    from {{ ref('stg_engagement__share_codes') }}
),

customer_records as (
    select brand_id, feed, record_id, customer_id
    from {{ ref('customer_records') }}
    where customer_id is not null
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

reviews_ranked as (
    select
        customer_records.customer_id,
        reviews.brand_id,
        reviews.review_id,
        reviews.rating,
        reviews.reviewed_at,
        row_number() over (
            partition by customer_records.customer_id, reviews.brand_id
            order by reviews.reviewed_at desc, reviews.review_id
        ) as recency_rank
    from reviews
    cross join as_of
    inner join customer_records
        on
            reviews.brand_id = customer_records.brand_id
            and customer_records.feed = 'reviews'
            and reviews.review_id = customer_records.record_id
    where reviews.reviewed_at <= as_of.as_of_at and reviews.rating is not null
),

-- Whoever shared lately needs no reminder.
sharers as (
    select distinct
        customer_records.customer_id,
        share_codes.brand_id
    from share_codes
    cross join as_of
    inner join customer_records
        on
            share_codes.brand_id = customer_records.brand_id
            and customer_records.feed = 'share_codes'
            and share_codes.share_code = customer_records.record_id
    where
        {{ is_within_days(
            'share_codes.created_at', 'as_of.as_of_at', var('referral_pause_days')
        ) }}
),

orders_numbered as (
    select
        customer_id,
        brand_id,
        ordered_at,
        row_number() over (
            partition by customer_id, brand_id
            order by ordered_at, order_id
        ) as order_number
    from order_customers
),

contented as (
    select
        customer_brand_360.customer_id,
        customer_brand_360.brand_id,
        reviews_ranked.review_id,
        reviews_ranked.rating,
        greatest(orders_numbered.ordered_at, reviews_ranked.reviewed_at) as entered_at
    from customer_brand_360
    cross join as_of
    inner join orders_numbered
        on
            customer_brand_360.customer_id = orders_numbered.customer_id
            and customer_brand_360.brand_id = orders_numbered.brand_id
            and orders_numbered.order_number = {{ var('referral_min_orders') }}
    inner join reviews_ranked
        on
            customer_brand_360.customer_id = reviews_ranked.customer_id
            and customer_brand_360.brand_id = reviews_ranked.brand_id
            and reviews_ranked.recency_rank = 1
    left join sharers
        on
            customer_brand_360.customer_id = sharers.customer_id
            and customer_brand_360.brand_id = sharers.brand_id
    where
        reviews_ranked.rating >= {{ var('referral_min_rating') }}
        and sharers.customer_id is null
        and {{ is_within_days(
            'customer_brand_360.last_order_at', 'as_of.as_of_at', var('referral_active_days')
        ) }}
),

permitted as (
    select contented.*
    from contented
    left join profiling_stops
        on
            contented.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = contented.brand_id
    where profiling_stops.customer_id is null
)

select * from permitted
