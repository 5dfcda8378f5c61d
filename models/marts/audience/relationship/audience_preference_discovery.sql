with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
    where is_restricted
),

customer_brand_360 as (
    select customer_id, brand_id, registered_at
    from {{ ref('customer_brand_360') }}
),

life_days as (
    select customer_id, brand_id, life_date, last_activity_at
    from {{ ref('int_lifecycle__life_days') }}
),

declared_preferences as (
    select distinct customer_id
    from {{ ref('declared_preferences') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

days_compared as (
    select
        customer_id,
        brand_id,
        life_date,
        last_activity_at,
        lag(life_date) over (
            partition by customer_id, brand_id
            order by life_date
        ) as previous_life_date
    from life_days
),

-- Since when the person has been active without a pause as long as the variable's.
active_since as (
    select
        customer_id,
        brand_id,
        min(life_date) as first_life_date,
        max(last_activity_at) as last_activity_at,
        max(
            case
                when
                    coalesce(
                        {{ days_between('previous_life_date', 'life_date') }}
                        >= {{ var('preference_discovery_active_days') }},
                        true
                    )
                    then life_date
            end
        ) as active_from_date
    from days_compared
    group by customer_id, brand_id
),

known_since as (
    select
        active_since.customer_id,
        active_since.brand_id,
        active_since.last_activity_at,
        cast(active_since.active_from_date as timestamp) as active_from_at,
        coalesce(
            customer_brand_360.registered_at, cast(active_since.first_life_date as timestamp)
        ) as known_from_at
    from active_since
    inner join customer_brand_360
        on
            active_since.customer_id = customer_brand_360.customer_id
            and active_since.brand_id = customer_brand_360.brand_id
),

active_and_unasked as (
    select
        known_since.customer_id,
        known_since.brand_id,
        greatest(
            known_since.active_from_at,
            {{ add_days('known_since.known_from_at', var('preference_discovery_after_days')) }}
        ) as entered_at
    from known_since
    cross join as_of
    left join declared_preferences
        on known_since.customer_id = declared_preferences.customer_id
    where
        declared_preferences.customer_id is null
        and {{ has_passed_days(
            'known_since.known_from_at',
            'as_of.as_of_at',
            var('preference_discovery_after_days')
        ) }}
        and {{ is_within_days(
            'known_since.last_activity_at',
            'as_of.as_of_at',
            var('preference_discovery_active_days')
        ) }}
),

permitted as (
    select active_and_unasked.*
    from active_and_unasked
    left join profiling_stops
        on
            active_and_unasked.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = active_and_unasked.brand_id
    where profiling_stops.customer_id is null
)

select * from permitted
