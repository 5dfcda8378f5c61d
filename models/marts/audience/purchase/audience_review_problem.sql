with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
    where is_restricted
),

reviews as (
    select brand_id, review_id, order_id, product_id, rating, reviewed_at
    from {{ ref('stg_engagement__reviews') }}
),

service_interactions as (
    select brand_id, interaction_id, resolved_at
    from {{ ref('stg_communication__service_interactions') }}
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
        reviews.order_id,
        reviews.product_id,
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

last_solutions as (
    select
        customer_records.customer_id,
        service_interactions.brand_id,
        max(service_interactions.resolved_at) as last_resolved_at
    from service_interactions
    cross join as_of
    inner join customer_records
        on
            service_interactions.brand_id = customer_records.brand_id
            and customer_records.feed = 'service_interactions'
            and service_interactions.interaction_id = customer_records.record_id
    where service_interactions.resolved_at <= as_of.as_of_at
    group by customer_records.customer_id, service_interactions.brand_id
),

-- A case that was closed after the review is taken as the answer to it.
reviews_unanswered as (
    select
        reviews_ranked.customer_id,
        reviews_ranked.brand_id,
        reviews_ranked.review_id,
        reviews_ranked.order_id,
        reviews_ranked.product_id,
        reviews_ranked.rating,
        reviews_ranked.reviewed_at as entered_at
    from reviews_ranked
    cross join as_of
    left join last_solutions
        on
            reviews_ranked.customer_id = last_solutions.customer_id
            and reviews_ranked.brand_id = last_solutions.brand_id
    where
        reviews_ranked.recency_rank = 1
        and reviews_ranked.rating <= {{ var('review_problem_rating') }}
        and coalesce(last_solutions.last_resolved_at < reviews_ranked.reviewed_at, true)
        and {{ is_within_days(
            'reviews_ranked.reviewed_at', 'as_of.as_of_at', var('review_problem_days')
        ) }}
),

permitted as (
    select reviews_unanswered.*
    from reviews_unanswered
    left join profiling_stops
        on
            reviews_unanswered.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = reviews_unanswered.brand_id
    where profiling_stops.customer_id is null
)

select * from permitted
