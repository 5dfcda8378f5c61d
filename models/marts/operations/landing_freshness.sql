with

landing_files as (
    select distinct
        feed,
        brand_id,
        load_date
    from {{ ref('landing_files') }}
    where load_date is not null and row_count > 0
),

-- The landing's own today is its newest load date, since no model reads the clock.
newest as (
    select max(load_date) as newest_load_date
    from landing_files
),

ranked as (
    select
        feed,
        brand_id,
        load_date,
        lag(load_date) over (
            partition by feed, brand_id
            order by load_date
        ) as previous_load_date,
        row_number() over (
            partition by feed, brand_id
            order by load_date desc
        ) as delivery_rank
    from landing_files
),

paused as (
    select
        feed,
        brand_id,
        load_date,
        delivery_rank,
        (
            {{ epoch_microseconds('cast(load_date as timestamp)') }}
            - {{ epoch_microseconds('cast(previous_load_date as timestamp)') }}
        ) / 86400000000 as pause_days
    from ranked
),

-- Eight pauses are the history that tolerances.yml judges by: what was usual a year ago is not.
summed as (
    select
        feed,
        brand_id,
        count(*) as delivery_count,
        min(load_date) as first_load_date,
        max(load_date) as last_load_date,
        max(case when delivery_rank <= 8 then pause_days end) as longest_pause_days
    from paused
    group by feed, brand_id
),

aged as (
    select
        summed.feed,
        summed.brand_id,
        summed.delivery_count,
        summed.first_load_date,
        summed.last_load_date,
        summed.longest_pause_days,
        (
            {{ epoch_microseconds('cast(newest.newest_load_date as timestamp)') }}
            - {{ epoch_microseconds('cast(summed.last_load_date as timestamp)') }}
        ) / 86400000000 as silent_days
    from summed
    cross join newest
),

judged as (
    select
        feed,
        brand_id,
        cast(delivery_count as bigint) as delivery_count,
        first_load_date,
        last_load_date,
        cast(longest_pause_days as bigint) as longest_pause_days,
        cast(silent_days as bigint) as silent_days,
        coalesce(silent_days > 2 * longest_pause_days, false) as is_stale
    from aged
)

select * from judged
