-- The way of each customer to their first order, at each brand and in the group.
--
-- Only touches of the ways that ended in a first order are looked at, so the many visits of those
-- who never bought cost nothing here.
-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}

with order_customers as (
    select brand_id, order_id, customer_id, net_amount, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

touches as (
    select customer_id, brand_id, touch_kind, touch_id, channel_group, touched_at
    from {{ ref('int_attribution__touches') }}
),

orders_scoped as (
    select customer_id, brand_id as scope, brand_id, order_id, net_amount, ordered_at
    from order_customers

    union all

    select customer_id, 'all' as scope, brand_id, order_id, net_amount, ordered_at
    from order_customers
),

orders_ranked as (
    select
        customer_id,
        scope,
        net_amount,
        ordered_at,
        row_number() over (
            partition by customer_id, scope order by ordered_at, brand_id, order_id
        ) as order_number
    from orders_scoped
),

first_orders as (
    select customer_id, scope, net_amount, ordered_at
    from orders_ranked
    where order_number = 1
),

touches_preceding as (
    select
        first_orders.customer_id,
        first_orders.scope,
        touches.brand_id,
        touches.touch_kind,
        touches.touch_id,
        touches.channel_group,
        touches.touched_at
    from first_orders
    inner join touches
        on
            first_orders.customer_id = touches.customer_id
            and (first_orders.scope = 'all' or first_orders.scope = touches.brand_id)
            and {{ epoch_microseconds('first_orders.ordered_at') }}
            - {{ epoch_microseconds('touches.touched_at') }}
            between 0 and {{ var('journey_window_days') | int * 86400000000 }}
),

touches_followed as (
    select
        customer_id,
        scope,
        channel_group,
        touched_at,
        row_number() over (
            partition by customer_id, scope
            order by touched_at desc, brand_id desc, touch_kind desc, touch_id desc
        ) as steps_before_order,
        lag(channel_group) over (
            partition by customer_id, scope order by touched_at, brand_id, touch_kind, touch_id
        ) as previous_channel_group
    from touches_preceding
),

-- The same channel several times in a row is one step.
steps as (
    select
        customer_id,
        scope,
        channel_group,
        row_number() over (
            partition by customer_id, scope order by steps_before_order
        ) as step_from_order
    from touches_followed
    where previous_channel_group is null or previous_channel_group <> channel_group
),

paths_joined as (
    select
        customer_id,
        scope,
        {{ joined_text_by('channel_group', '-step_from_order', ' > ') }} as path,
        count(*) as step_count
    from steps
    where step_from_order <= {{ var('journey_max_steps') | int }}
    group by customer_id, scope
),

touches_counted as (
    select
        customer_id,
        scope,
        count(*) as touch_count,
        min(touched_at) as first_touched_at
    from touches_preceding
    group by customer_id, scope
),

ways_told as (
    select
        first_orders.customer_id,
        first_orders.scope,
        coalesce(paths_joined.path, 'unknown') as path,
        coalesce(paths_joined.step_count, 0) as step_count,
        coalesce(touches_counted.touch_count, 0) as touch_count,
        coalesce(
            {{ epoch_microseconds('first_orders.ordered_at') }}
            - {{ epoch_microseconds('touches_counted.first_touched_at') }},
            0
        ) as way_microseconds,
        first_orders.net_amount
    from first_orders
    left join paths_joined
        on
            first_orders.customer_id = paths_joined.customer_id
            and first_orders.scope = paths_joined.scope
    left join touches_counted
        on
            first_orders.customer_id = touches_counted.customer_id
            and first_orders.scope = touches_counted.scope
)

select * from ways_told
