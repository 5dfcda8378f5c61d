-- What of the months stays as it is until the next one begins. A table, so that models that are
-- made by customer see with one look that nothing has changed for all.
with months as (
    select
        month_number,
        window_start_month_number,
        end_microseconds,
        window_start_microseconds,
        is_current
    from {{ ref('int_history__months') }}
),

months_fixed as (
    select
        month_number,
        case when not is_current then window_start_month_number end as window_start_month_number,
        case when not is_current then end_microseconds end as end_microseconds,
        case when not is_current then window_start_microseconds end as window_start_microseconds,
        is_current
    from months
)

select * from months_fixed
