-- A delivery that landing_quality leaves out, or counts twice, would pass every check that is built
-- on it: a brand's export could stop carrying e-mails and nobody would be told. So each column of
-- each delivery has all its rows, by the files' own footers, and no more fates than rows.
with

landing_quality as (
    select * from {{ ref('landing_quality') }}
),

landed as (
    select
        feed,
        brand_id,
        load_date,
        sum(row_count) as row_count
    from {{ ref('landing_files') }}
    where load_date is not null and row_count > 0
    group by feed, brand_id, load_date
),

counted as (
    select
        feed,
        brand_id,
        load_date,
        column_name,
        row_count,
        null_count
        + unreadable_count
        + unknown_value_count
        + out_of_range_count
        + repaired_count as fate_count
    from landing_quality
)

select
    coalesce(landed.feed, counted.feed) as feed,
    coalesce(landed.brand_id, counted.brand_id) as brand_id,
    coalesce(landed.load_date, counted.load_date) as load_date,
    counted.column_name,
    landed.row_count as landed_count,
    counted.row_count as counted_count,
    counted.fate_count
from landed
full outer join counted
    on
        landed.feed = counted.feed
        and landed.brand_id = counted.brand_id
        and landed.load_date = counted.load_date
where
    coalesce(landed.row_count <> counted.row_count, true)
    or counted.fate_count > counted.row_count
