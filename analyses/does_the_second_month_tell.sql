-- Do newer customers come back as older ones did?
--   dbt show --limit 50 --select does_the_second_month_tell
-- How to read it: one row per cohort, the month of the first order in any brand. The columns are
-- the share that ordered again 1, 2, 3 and 6 months later, empty where that month is not over.
-- Read down a column: numbers that fall say that the customers won lately are worth less, whatever
-- they cost.
with cohort_retention as (
    select cohort_month_date, months_since_first, customer_count, retention_share
    from {{ ref('cohort_retention') }}
    where scope = 'all' and is_month_over
),

cohorts as (
    select
        cohort_month_date,
        max(customer_count) as customer_count,
        max(case when months_since_first = 1 then retention_share end) as after_1_month,
        max(case when months_since_first = 2 then retention_share end) as after_2_months,
        max(case when months_since_first = 3 then retention_share end) as after_3_months,
        max(case when months_since_first = 6 then retention_share end) as after_6_months
    from cohort_retention
    group by cohort_month_date
    order by cohort_month_date
)

select * from cohorts
