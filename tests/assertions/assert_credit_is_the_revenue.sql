-- Channels are paid by what they are credited with. If the credit of an order were a cent more or
-- less than its revenue, budgets would be shared out from money that is not there. Also: every
-- counted order is credited, whoever bought it, so the total is that of the daily figures.
with attribution as (
    select
        brand_id,
        order_id,
        max(revenue_amount) as revenue_amount,
        sum(first_touch_amount) as first_touch_amount,
        sum(last_touch_amount) as last_touch_amount,
        sum(linear_amount) as linear_amount,
        sum(position_based_amount) as position_based_amount,
        sum(time_decay_amount) as time_decay_amount
    from {{ ref('attribution') }}
    group by brand_id, order_id
),

kpi_daily as (
    select
        brand_id,
        sum(net_amount) as net_amount,
        sum(order_count) as order_count
    from {{ ref('kpi_daily') }}
    group by brand_id
),

orders_differing as (
    select
        brand_id,
        order_id,
        revenue_amount as expected_amount,
        linear_amount as found_amount
    from attribution
    where
        first_touch_amount <> revenue_amount
        or last_touch_amount <> revenue_amount
        or linear_amount <> revenue_amount
        or position_based_amount <> revenue_amount
        or time_decay_amount <> revenue_amount
),

brands_summed as (
    select
        brand_id,
        sum(revenue_amount) as revenue_amount,
        count(*) as order_count
    from attribution
    group by brand_id
),

brands_differing as (
    select
        kpi_daily.brand_id,
        'all orders' as order_id,
        kpi_daily.net_amount as expected_amount,
        brands_summed.revenue_amount as found_amount
    from kpi_daily
    left join brands_summed
        on kpi_daily.brand_id = brands_summed.brand_id
    where
        kpi_daily.order_count <> coalesce(brands_summed.order_count, 0)
        or kpi_daily.net_amount <> coalesce(brands_summed.revenue_amount, 0)
),

differing as (
    select brand_id, order_id, expected_amount, found_amount
    from orders_differing
    union all
    select brand_id, order_id, expected_amount, found_amount
    from brands_differing
)

select * from differing
