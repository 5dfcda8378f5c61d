with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
    where is_restricted
),

customer_brand_360 as (
    select
        customer_id,
        brand_id,
        lpad(
            cast(extract(month from birth_date) as {{ type_string() }}), 2, '0'
        ) as birth_month,
        cast(extract(day from birth_date) as integer) as birth_day
    from {{ ref('customer_brand_360') }}
    where birth_date is not null
),

as_of as (
    select
        as_of_date,
        cast(extract(year from as_of_date) as integer) as as_of_year
    from {{ ref('int_operations__as_of') }}
),

-- Counted from the first of the month, so that 29 February falls on 1 March of a common year, the
-- day on which ages go up too.
birthdays_placed as (
    select
        customer_brand_360.customer_id,
        customer_brand_360.brand_id,
        as_of.as_of_date,
        cast(
            {{ add_days_column(
                "cast(concat(cast(as_of.as_of_year as " ~ type_string()
                ~ "), '-', customer_brand_360.birth_month, '-01') as date)",
                'customer_brand_360.birth_day - 1'
            ) }} as date
        ) as this_year_date,
        cast(
            {{ add_days_column(
                "cast(concat(cast(as_of.as_of_year + 1 as " ~ type_string()
                ~ "), '-', customer_brand_360.birth_month, '-01') as date)",
                'customer_brand_360.birth_day - 1'
            ) }} as date
        ) as next_year_date
    from customer_brand_360
    cross join as_of
),

birthdays as (
    select
        customer_id,
        brand_id,
        as_of_date,
        case
            when this_year_date >= as_of_date then this_year_date
            else next_year_date
        end as birthday_date
    from birthdays_placed
),

birthdays_near as (
    select
        customer_id,
        brand_id,
        birthday_date,
        {{ add_days('cast(birthday_date as timestamp)', -(var('birthday_lead_days') | int)) }}
            as entered_at
    from birthdays
    where {{ days_between('as_of_date', 'birthday_date') }} <= {{ var('birthday_lead_days') }}
),

permitted as (
    select birthdays_near.*
    from birthdays_near
    left join profiling_stops
        on
            birthdays_near.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = birthdays_near.brand_id
    where profiling_stops.customer_id is null
)

select * from permitted
