with ways as (
    select
        scope,
        path,
        step_count,
        touch_count,
        way_microseconds,
        net_amount
    from {{ ref('int_attribution__ways') }}
),

paths_counted as (
    select
        scope,
        path,
        min(step_count) as step_count,
        count(*) as first_order_count,
        sum(net_amount) as first_order_amount,
        {{ decimal_quotient('sum(touch_count)', 'count(*)', 2) }} as average_touch_count,
        {{ decimal_quotient('sum(way_microseconds)', 'count(*) * 86400000000', 2) }}
            as average_way_days
    from ways
    group by scope, path
),

paths_ranked as (
    select
        scope,
        path,
        cast(
            row_number() over (partition by scope order by first_order_count desc, path)
            as integer
        ) as path_rank,
        cast(step_count as integer) as step_count,
        cast(first_order_count as bigint) as first_order_count,
        {{ decimal_quotient(
            'first_order_count', 'sum(first_order_count) over (partition by scope)', 6
        ) }} as first_order_share,
        cast(first_order_amount as decimal(18, 2)) as first_order_amount,
        average_touch_count,
        average_way_days
    from paths_counted
)

select * from paths_ranked
