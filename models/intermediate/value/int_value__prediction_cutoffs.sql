-- The present, and the past days that predictions are tested from: far enough back that the time
-- they speak of is over.
with as_of as (
    select as_of_date
    from {{ ref('int_operations__as_of') }}
),

days_back as (
    select 0 as days_before
    union all
    select 90 as days_before
    union all
    select 180 as days_before
    union all
    select 365 as days_before
),

cutoffs_dated as (
    select
        days_back.days_before,
        cast({{ add_days_column('as_of.as_of_date', '-days_back.days_before') }} as date)
            as cutoff_date,
        days_back.days_before = 0 as is_present
    from as_of
    cross join days_back
)

select * from cutoffs_dated
