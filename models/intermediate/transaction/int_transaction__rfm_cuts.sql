with customers_measured as (
    select scope, month_number, recency_days, frequency, monetary_amount
    from {{ ref('int_transaction__rfm_populations') }}
),

-- One line per measure and value: whoever shares a value shares its score, and the quantiles are
-- read from far fewer rows than there are customers.
values_listed as (
    select
        scope,
        month_number,
        'recency' as measure,
        cast(recency_days as decimal(18, 2)) as measure_value
    from customers_measured

    union all

    select
        scope,
        month_number,
        'frequency' as measure,
        cast(frequency as decimal(18, 2)) as measure_value
    from customers_measured

    union all

    select
        scope,
        month_number,
        'monetary' as measure,
        monetary_amount as measure_value
    from customers_measured
),

values_counted as (
    select
        scope,
        month_number,
        measure,
        measure_value,
        count(*) as customer_count
    from values_listed
    group by scope, month_number, measure, measure_value
),

-- Ranks count from 0; all customers of one value hold the ranks from first to last.
values_ranked as (
    select
        scope,
        month_number,
        measure,
        measure_value,
        sum(customer_count) over (
            partition by scope, month_number, measure
            order by measure_value
            rows between unbounded preceding and current row
        ) - customer_count as first_rank,
        sum(customer_count) over (
            partition by scope, month_number, measure
            order by measure_value
            rows between unbounded preceding and current row
        ) - 1 as last_rank,
        sum(customer_count) over (partition by scope, month_number, measure) as population_size
    from values_counted
),

cut_shares as (
    select 1 as cut_number, cast(0.2 as decimal(7, 6)) as cut_share
    union all
    select 2 as cut_number, cast(0.4 as decimal(7, 6)) as cut_share
    union all
    select 3 as cut_number, cast(0.6 as decimal(7, 6)) as cut_share
    union all
    select 4 as cut_number, cast(0.8 as decimal(7, 6)) as cut_share
),

positions as (
    select
        values_ranked.scope,
        values_ranked.month_number,
        values_ranked.measure,
        values_ranked.measure_value,
        values_ranked.first_rank,
        values_ranked.last_rank,
        values_ranked.population_size,
        cut_shares.cut_number,
        {{ quantile_position('cut_shares.cut_share', 'values_ranked.population_size') }}
            as cut_position
    from values_ranked
    cross join cut_shares
),

cuts_bracketed as (
    select
        scope,
        month_number,
        measure,
        cut_number,
        max(case when floor(cut_position) between first_rank and last_rank then measure_value end)
            as lower_value,
        max(
            case
                when
                    least(floor(cut_position) + 1, population_size - 1)
                    between first_rank and last_rank
                    then measure_value
            end
        ) as upper_value,
        max(cast(cut_position - floor(cut_position) as decimal(7, 6))) as fraction,
        max(population_size) as population_size
    from positions
    group by scope, month_number, measure, cut_number
),

cuts_interpolated as (
    select
        scope,
        month_number,
        measure,
        population_size,
        cut_number,
        lower_value + (upper_value - lower_value) * fraction as cut_value
    from cuts_bracketed
),

cuts_by_scope as (
    select
        scope,
        month_number,
        measure,
        cast(min(population_size) as bigint) as customer_count,
        cast(max(case when cut_number = 1 then cut_value end) as decimal(27, 8)) as cut_20,
        cast(max(case when cut_number = 2 then cut_value end) as decimal(27, 8)) as cut_40,
        cast(max(case when cut_number = 3 then cut_value end) as decimal(27, 8)) as cut_60,
        cast(max(case when cut_number = 4 then cut_value end) as decimal(27, 8)) as cut_80
    from cuts_interpolated
    group by scope, month_number, measure
)

select * from cuts_by_scope
