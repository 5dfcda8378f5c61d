with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
),

session_events as (
    select brand_id, event_id, session_id, event_type, product_id, category, occurred_at
    from {{ ref('int_engagement__session_events') }}
    where
        event_type in (
            'product_view', 'category_view', 'wishlist_add', 'add_to_cart', 'checkout_started'
        )
),

session_customers as (
    select session_id, brand_id, customer_id
    from {{ ref('int_identity__session_customers') }}
),

products as (
    select brand_id, product_id, category
    from {{ ref('stg_transaction__products') }}
),

order_customers as (
    select brand_id, customer_id, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

looks as (
    select
        session_customers.customer_id,
        session_events.brand_id,
        session_events.event_id,
        session_events.event_type,
        coalesce(session_events.category, products.category) as category,
        session_events.occurred_at
    from session_events
    cross join as_of
    inner join session_customers
        on session_events.session_id = session_customers.session_id
    left join products
        on
            session_events.brand_id = products.brand_id
            and session_events.product_id = products.product_id
    where
        {{ is_within_days(
            'session_events.occurred_at', 'as_of.as_of_at', var('browsed_category_days')
        ) }}
),

-- Whoever filled a cart or ordered has gone beyond looking: abandoned_cart and others take over.
intentions as (
    select customer_id, brand_id, occurred_at
    from looks
    where event_type in ('add_to_cart', 'checkout_started')

    union all

    select customer_id, brand_id, ordered_at as occurred_at
    from order_customers
),

last_intentions as (
    select
        customer_id,
        brand_id,
        max(occurred_at) as last_at
    from intentions
    group by customer_id, brand_id
),

looks_numbered as (
    select
        looks.customer_id,
        looks.brand_id,
        looks.category,
        looks.occurred_at,
        row_number() over (
            partition by looks.customer_id, looks.brand_id, looks.category
            order by looks.occurred_at, looks.event_id
        ) as look_number
    from looks
    left join last_intentions
        on
            looks.customer_id = last_intentions.customer_id
            and looks.brand_id = last_intentions.brand_id
    where
        looks.category is not null
        and looks.event_type not in ('add_to_cart', 'checkout_started')
        and coalesce(looks.occurred_at > last_intentions.last_at, true)
),

categories_counted as (
    select
        customer_id,
        brand_id,
        category,
        count(*) as look_count,
        max(occurred_at) as last_look_at,
        min(
            case when look_number = {{ var('browsed_category_looks') }} then occurred_at end
        ) as entered_at
    from looks_numbered
    group by customer_id, brand_id, category
    having count(*) >= {{ var('browsed_category_looks') }}
),

categories_ranked as (
    select
        customer_id,
        brand_id,
        category,
        look_count,
        entered_at,
        row_number() over (
            partition by customer_id, brand_id
            order by look_count desc, last_look_at desc, category
        ) as category_rank
    from categories_counted
),

most_looked_at as (
    select customer_id, brand_id, category, look_count, entered_at
    from categories_ranked
    where category_rank = 1
),

permitted as (
    select most_looked_at.*
    from most_looked_at
    left join profiling_stops
        on
            most_looked_at.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = most_looked_at.brand_id
    where profiling_stops.customer_id is null
)

select * from permitted
