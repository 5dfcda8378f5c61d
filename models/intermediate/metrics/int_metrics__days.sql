-- MetricFlow joins figures to this, so that a day on which nothing happened is a day all the same.
-- Ten thousand days, counted back from as_of: 27 years.
with as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

digits as (
    select 0 as digit
    union all
    select 1 as digit
    union all
    select 2 as digit
    union all
    select 3 as digit
    union all
    select 4 as digit
    union all
    select 5 as digit
    union all
    select 6 as digit
    union all
    select 7 as digit
    union all
    select 8 as digit
    union all
    select 9 as digit
),

numbers as (
    select
        ones.digit
        + 10 * tens.digit
        + 100 * hundreds.digit
        + 1000 * thousands.digit as day_number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
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
