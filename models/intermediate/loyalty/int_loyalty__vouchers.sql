-- Vouchers that were issued on a card, with their first use: an event of the same card, or an order
-- that names the code, since tills do not report every use. A voucher is as wide as its card: where
-- a controller's brands share one card, what one of them issued is used at any of them.
with loyalty_events as (
    select brand_id, event_id, loyalty_card_id, event_type, voucher_code, order_id, occurred_at
    from {{ ref('stg_loyalty__loyalty_events') }}
    where event_type in ('voucher_issued', 'voucher_redeemed') and voucher_code is not null
),

orders as (
    select brand_id, order_id, loyalty_card_id, coupon_code, total_amount, ordered_at
    from {{ ref('int_transaction__orders') }}
    where is_counted and coupon_code is not null
),

brands as (
    select brand_id, controller_id
    from {{ ref('brands') }}
),

identifier_types as (
    select scope
    from {{ ref('identifier_types') }}
    where identifier_type = 'loyalty_card_id'
),

record_customers as (
    select brand_id, feed, record_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where customer_id is not null
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

brands_in_programmes as (
    select
        brands.brand_id,
        case identifier_types.scope
            when 'controller' then brands.controller_id
            else brands.brand_id
        end as program_id
    from brands
    cross join identifier_types
),

events_bound as (
    select
        brands_in_programmes.program_id,
        loyalty_events.brand_id,
        loyalty_events.event_id,
        loyalty_events.loyalty_card_id,
        loyalty_events.event_type,
        loyalty_events.voucher_code,
        loyalty_events.order_id,
        record_customers.customer_id,
        loyalty_events.occurred_at
    from loyalty_events
    cross join as_of
    inner join brands_in_programmes
        on loyalty_events.brand_id = brands_in_programmes.brand_id
    left join record_customers
        on
            record_customers.feed = 'loyalty_events'
            and loyalty_events.brand_id = record_customers.brand_id
            and loyalty_events.event_id = record_customers.record_id
    where loyalty_events.occurred_at <= as_of.as_of_at
),

issues_ranked as (
    select
        program_id,
        brand_id,
        voucher_code,
        loyalty_card_id,
        customer_id,
        occurred_at as issued_at,
        row_number() over (
            partition by program_id, voucher_code, loyalty_card_id
            order by occurred_at, brand_id, event_id
        ) as issue_rank
    from events_bound
    where event_type = 'voucher_issued'
),

issues as (
    select program_id, brand_id, voucher_code, loyalty_card_id, customer_id, issued_at
    from issues_ranked
    where issue_rank = 1
),

orders_bound as (
    select
        brands_in_programmes.program_id,
        orders.brand_id,
        orders.order_id,
        orders.loyalty_card_id,
        orders.coupon_code,
        record_customers.customer_id,
        orders.ordered_at
    from orders
    inner join brands_in_programmes
        on orders.brand_id = brands_in_programmes.brand_id
    left join record_customers
        on
            record_customers.feed = 'orders'
            and orders.brand_id = record_customers.brand_id
            and orders.order_id = record_customers.record_id
),

uses_found as (
    select
        issues.program_id,
        issues.voucher_code,
        issues.loyalty_card_id,
        events_bound.brand_id as used_brand_id,
        events_bound.order_id,
        events_bound.occurred_at as used_at,
        0 as source_rank,
        events_bound.event_id as source_id
    from issues
    inner join events_bound
        on
            issues.program_id = events_bound.program_id
            and issues.voucher_code = events_bound.voucher_code
            and issues.loyalty_card_id = events_bound.loyalty_card_id
            and issues.issued_at <= events_bound.occurred_at
    where events_bound.event_type = 'voucher_redeemed'

    union all

    select
        issues.program_id,
        issues.voucher_code,
        issues.loyalty_card_id,
        orders_bound.brand_id as used_brand_id,
        orders_bound.order_id,
        orders_bound.ordered_at as used_at,
        1 as source_rank,
        orders_bound.order_id as source_id
    from issues
    inner join orders_bound
        on
            issues.program_id = orders_bound.program_id
            and issues.voucher_code = orders_bound.coupon_code
            and issues.issued_at <= orders_bound.ordered_at
    where
        orders_bound.loyalty_card_id = issues.loyalty_card_id
        or (
            orders_bound.loyalty_card_id is null
            and orders_bound.customer_id = issues.customer_id
        )
),

uses_ranked as (
    select
        program_id,
        voucher_code,
        loyalty_card_id,
        used_brand_id,
        order_id,
        used_at,
        row_number() over (
            partition by program_id, voucher_code, loyalty_card_id
            order by used_at, source_rank, used_brand_id, source_id
        ) as use_rank
    from uses_found
),

vouchers_followed as (
    select
        issues.program_id,
        issues.brand_id,
        issues.voucher_code,
        issues.loyalty_card_id,
        issues.customer_id,
        uses_ranked.used_brand_id,
        uses_ranked.order_id,
        issues.issued_at,
        uses_ranked.used_at,
        uses_ranked.used_at is not null as is_used,
        cast(
            floor(
                (
                    {{ epoch_microseconds('uses_ranked.used_at') }}
                    - {{ epoch_microseconds('issues.issued_at') }}
                ) / 8.64e10
            ) as integer
        ) as days_to_use
    from issues
    left join uses_ranked
        on
            issues.program_id = uses_ranked.program_id
            and issues.voucher_code = uses_ranked.voucher_code
            and issues.loyalty_card_id = uses_ranked.loyalty_card_id
            and uses_ranked.use_rank = 1
)

select * from vouchers_followed
