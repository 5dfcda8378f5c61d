-- The moments that the data are replayed as of: the last microsecond of each month since the first
-- customer was seen, and as_of for the month that is not over.
with customers as (
    select first_seen_at
    from {{ ref('int_identity__customers') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

month_offsets as (
    select month_offset
    from {{ ref('int_operations__month_offsets') }}
),

bounds as (
    select
        {{ month_number('min(as_of.as_of_at)') }} as last_month,
        {{ month_number('min(customers.first_seen_at)') }} as first_month,
        min({{ epoch_microseconds('as_of.as_of_at') }}) as as_of_microseconds
    from as_of
    left join customers
        on as_of.as_of_at >= customers.first_seen_at
),

months_numbered as (
    select
        bounds.last_month - month_offsets.month_offset as month_number,
        month_offsets.month_offset = 0 as is_current,
        bounds.as_of_microseconds
    from bounds
    inner join month_offsets
        on bounds.first_month <= bounds.last_month - month_offsets.month_offset
    where
        {{ var('history_months') | int }} = 0
        or month_offsets.month_offset < {{ var('history_months') | int }}
),

months_dated as (
    select
        month_number,
        is_current,
        {{ month_start('month_number') }} as month_date,
        case
            when is_current then as_of_microseconds
            else
                {{ epoch_microseconds(
                    'cast(' ~ month_start('month_number + 1') ~ ' as timestamp)'
                ) }} - 1
        end as end_microseconds
    from months_numbered
),

windows_placed as (
    select
        month_number,
        month_date,
        end_microseconds,
        end_microseconds - {{ var('activity_window_days') | int * 86400000000 }}
            as window_start_microseconds,
        is_current
    from months_dated
),

-- The month in which the window of activity begins: of it a part counts, of later ones all.
windows_begun as (
    select
        month_number,
        {{ month_number(from_epoch_microseconds('window_start_microseconds')) }}
            as window_start_month_number,
        month_date,
        end_microseconds,
        window_start_microseconds,
        is_current
    from windows_placed
)

select * from windows_begun
