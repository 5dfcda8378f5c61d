-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key(), keyless='anew') }}

with orders as (
    select brand_id, order_id, total_amount, ordered_at
    from {{ ref('int_transaction__orders') }}
    where is_counted
),

-- Every order is a record, though not everybody's.
order_customers as (
    select brand_id, record_id as order_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where feed = 'orders'
),

refunds as (
    select brand_id, order_id, refund_amount
    from {{ ref('int_transaction__refunds') }}
    where is_counted
),

touches as (
    select customer_id, brand_id, touch_kind, touch_id, channel_group, campaign, touched_at
    from {{ ref('int_attribution__touches') }}
),

refunds_summed as (
    select
        brand_id,
        order_id,
        sum(refund_amount) as refund_amount
    from refunds
    group by brand_id, order_id
),

-- Every counted order, also where nobody can tell whose it is: else the credit would not add up to
-- the revenue of the brand.
orders_valued as (
    select
        orders.brand_id,
        orders.order_id,
        order_customers.customer_id,
        orders.ordered_at,
        cast(
            orders.total_amount - coalesce(refunds_summed.refund_amount, 0) as decimal(18, 2)
        ) as revenue_amount
    from orders
    inner join order_customers
        on
            orders.brand_id = order_customers.brand_id
            and orders.order_id = order_customers.order_id
    left join refunds_summed
        on
            orders.brand_id = refunds_summed.brand_id
            and orders.order_id = refunds_summed.order_id
),

touches_preceding as (
    select
        orders_valued.brand_id,
        orders_valued.order_id,
        touches.touch_kind,
        touches.touch_id,
        touches.channel_group,
        touches.campaign,
        touches.touched_at,
        cast(
            power(
                cast(0.5 as double),
                (
                    {{ epoch_microseconds('orders_valued.ordered_at') }}
                    - {{ epoch_microseconds('touches.touched_at') }}
                ) / 8.64e10 / {{ var('attribution_half_life_days') | float }}e0
            ) as decimal(18, 8)
        ) as weight
    from orders_valued
    inner join touches
        on
            orders_valued.customer_id = touches.customer_id
            and orders_valued.brand_id = touches.brand_id
            and {{ epoch_microseconds('orders_valued.ordered_at') }}
            - {{ epoch_microseconds('touches.touched_at') }}
            between 0 and {{ var('attribution_window_days') | int * 86400000000 }}
),

touches_numbered as (
    select
        brand_id,
        order_id,
        touch_kind,
        touch_id,
        channel_group,
        campaign,
        touched_at,
        weight,
        row_number() over (
            partition by brand_id, order_id order by touched_at, touch_kind, touch_id
        ) as touch_number,
        count(*) over (partition by brand_id, order_id) as touch_count
    from touches_preceding
),

weights_run_up as (
    select
        brand_id,
        order_id,
        touch_kind,
        touch_id,
        channel_group,
        campaign,
        touched_at,
        touch_number,
        touch_count,
        cast(
            sum(weight) over (
                partition by brand_id, order_id
                order by touch_number
                rows between unbounded preceding and current row
            ) as double
        ) as weight_up_to,
        cast(sum(weight) over (partition by brand_id, order_id) as double) as weight_total
    from touches_numbered
),

-- An order that nothing was seen before keeps its credit on a line of its own.
touches_joined as (
    select
        orders_valued.brand_id,
        orders_valued.order_id,
        orders_valued.customer_id,
        orders_valued.ordered_at,
        orders_valued.revenue_amount,
        coalesce(weights_run_up.touch_number, 0) as touch_number,
        coalesce(weights_run_up.touch_count, 0) as touch_count,
        weights_run_up.touch_kind,
        weights_run_up.touch_id,
        coalesce(weights_run_up.channel_group, 'unknown') as channel_group,
        weights_run_up.campaign,
        weights_run_up.touched_at,
        weights_run_up.weight_up_to,
        weights_run_up.weight_total
    from orders_valued
    left join weights_run_up
        on
            orders_valued.brand_id = weights_run_up.brand_id
            and orders_valued.order_id = weights_run_up.order_id
),

cents_run_up as (
    select
        brand_id,
        order_id,
        customer_id,
        ordered_at,
        revenue_amount,
        touch_number,
        touch_count,
        touch_kind,
        touch_id,
        channel_group,
        campaign,
        touched_at,
        case
            when touch_number = touch_count then {{ cents_up_to('revenue_amount', '1', '1') }}
            else {{ cents_up_to('revenue_amount', 'touch_number', 'touch_count') }}
        end as linear_cents,
        -- Two fifths to the first, two to the last, one to those between; halves where there are
        -- two.
        case
            when touch_number = touch_count then {{ cents_up_to('revenue_amount', '1', '1') }}
            when touch_count = 2 then {{ cents_up_to('revenue_amount', '1', '2') }}
            else
                {{ cents_up_to(
                    'revenue_amount', '2 * (touch_count - 2) + touch_number - 1',
                    '(5 * (touch_count - 2))'
                ) }}
        end as position_based_cents,
        case
            when touch_number = touch_count then {{ cents_up_to('revenue_amount', '1', '1') }}
            when weight_total > 0
                then {{ cents_up_to('revenue_amount', 'weight_up_to', 'weight_total') }}
            else {{ cents_up_to('revenue_amount', 'touch_number', 'touch_count') }}
        end as time_decay_cents
    from touches_joined
),

credits_taken as (
    select
        brand_id,
        order_id,
        customer_id,
        touch_number,
        touch_count,
        touch_kind,
        touch_id,
        channel_group,
        campaign,
        touched_at,
        ordered_at,
        revenue_amount,
        case when touch_number <= 1 then revenue_amount else 0 end as first_touch_amount,
        case when touch_number = touch_count then revenue_amount else 0 end as last_touch_amount,
        linear_cents - coalesce(
            lag(linear_cents) over (partition by brand_id, order_id order by touch_number), 0
        ) as linear_cents,
        position_based_cents - coalesce(
            lag(position_based_cents) over (
                partition by brand_id, order_id order by touch_number
            ), 0
        ) as position_based_cents,
        time_decay_cents - coalesce(
            lag(time_decay_cents) over (partition by brand_id, order_id order by touch_number), 0
        ) as time_decay_cents
    from cents_run_up
),

credits_told as (
    select
        brand_id,
        order_id,
        customer_id,
        cast(touch_number as integer) as touch_number,
        cast(touch_count as integer) as touch_count,
        touch_kind,
        touch_id,
        channel_group,
        campaign,
        touched_at,
        ordered_at,
        revenue_amount,
        cast(first_touch_amount as decimal(18, 2)) as first_touch_amount,
        cast(last_touch_amount as decimal(18, 2)) as last_touch_amount,
        cast(linear_cents * 0.01 as decimal(18, 2)) as linear_amount,
        cast(position_based_cents * 0.01 as decimal(18, 2)) as position_based_amount,
        cast(time_decay_cents * 0.01 as decimal(18, 2)) as time_decay_amount
    from credits_taken
)

select * from credits_told
