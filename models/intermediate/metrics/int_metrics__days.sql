-- MetricFlow joins figures to this, so that a day on which nothing happened is a day all the same.
-- Ten thousand days, counted back from as_of: 27 years.
with as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

offsets as (
    select month_offset as number_from_zero
    from {{ ref('int_operations__month_offsets') }}
),

numbers as (
    select 1000 * thousands.number_from_zero + rest.number_from_zero as day_number
    from offsets as thousands
    cross join offsets as rest
    where thousands.number_from_zero < 10
),

days_dated as (
    select
        cast(
            {{ add_days_column('cast(as_of.as_of_at as date)', '-numbers.day_number') }} as date
        ) as day_date
    from numbers
    cross join as_of
)

select day_date from days_dated
