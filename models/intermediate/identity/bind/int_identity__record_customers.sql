with

records as (
    select * from {{ ref('int_identity__records') }}
),

set_customers as (
    select * from {{ ref('int_identity__set_customers') }}
),

device_intervals as (
    select * from {{ ref('int_identity__device_intervals') }}
),

bound_by_identifier as (
    select
        records.brand_id,
        records.feed,
        records.record_id,
        records.order_id,
        -- Only a record that no identifier binds asks its device. In the join itself, a condition
        -- on the left side alone would make DuckDB compare every record with every interval.
        case when set_customers.customer_id is null then records.device_id end as asked_device_id,
        records.first_seen_at,
        set_customers.customer_id,
        set_customers.link_rule
    from records
    left join set_customers
        on records.identifier_set_id = set_customers.identifier_set_id
),

bound_by_device as (
    select
        bound_by_identifier.brand_id,
        bound_by_identifier.feed,
        bound_by_identifier.record_id,
        bound_by_identifier.order_id,
        coalesce(bound_by_identifier.customer_id, device_intervals.customer_id) as customer_id,
        coalesce(
            bound_by_identifier.link_rule,
            case when device_intervals.customer_id is not null then 'device_id' end
        ) as link_rule
    from bound_by_identifier
    left join device_intervals
        on
            bound_by_identifier.brand_id = device_intervals.brand_id
            and bound_by_identifier.asked_device_id = device_intervals.device_id
            and bound_by_identifier.first_seen_at >= device_intervals.valid_from_at
            and bound_by_identifier.first_seen_at < device_intervals.valid_to_at
),

orders as (
    select
        brand_id,
        record_id as order_id,
        customer_id
    from bound_by_device
    where feed = 'orders'
),

bound_by_order as (
    select
        bound_by_device.brand_id,
        bound_by_device.feed,
        bound_by_device.record_id,
        coalesce(bound_by_device.customer_id, orders.customer_id) as customer_id,
        coalesce(
            bound_by_device.link_rule,
            case when orders.customer_id is not null then 'order_id' end
        ) as link_rule
    from bound_by_device
    left join orders
        on
            bound_by_device.brand_id = orders.brand_id
            and bound_by_device.order_id = orders.order_id
)

select * from bound_by_order
