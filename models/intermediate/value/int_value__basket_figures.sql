-- How a customer buys, within a brand and over all: counted once for both 360s.
with orders as (
    select brand_id, order_id, coupon_code, total_amount, discount_amount
    from {{ ref('int_transaction__orders') }}
    where is_counted
),

order_customers as (
    select brand_id, order_id, customer_id, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

refunds as (
    select brand_id, order_id, return_type
    from {{ ref('int_transaction__refunds') }}
    where is_counted
),

order_lines as (
    select brand_id, order_id, quantity, returned_quantity, discount_amount
    from {{ ref('int_value__order_lines') }}
),

price_tiers as (
    select customer_id, brand_id, price_tier, net_line_amount
    from {{ ref('int_value__price_tiers') }}
    where customer_id is not null
),

profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
),

lines_summed as (
    select
        brand_id,
        order_id,
        sum(greatest(quantity - returned_quantity, 0)) as kept_quantity,
        sum(discount_amount) as discount_amount
    from order_lines
    group by brand_id, order_id
),

refunds_summed as (
    select
        brand_id,
        order_id,
        max(case when return_type in ('complaint', 'warranty', 'chargeback') then 1 else 0 end)
            as has_complaint,
        max(
            case
                when return_type in ('complaint', 'warranty', 'chargeback') then 0
                else 1
            end
        ) as has_return
    from refunds
    group by brand_id, order_id
),

orders_joined as (
    select
        order_customers.customer_id,
        order_customers.brand_id,
        order_customers.ordered_at,
        orders.total_amount,
        coalesce(orders.discount_amount, lines_summed.discount_amount, 0) as discount_amount,
        case
            when
                orders.coupon_code is not null
                or coalesce(orders.discount_amount, lines_summed.discount_amount, 0) > 0
                then 1
            else 0
        end as is_discounted,
        coalesce(lines_summed.kept_quantity, 0) as kept_quantity,
        case when lines_summed.order_id is null then 0 else 1 end as has_lines,
        coalesce(refunds_summed.has_return, 0) as has_return,
        coalesce(refunds_summed.has_complaint, 0) as has_complaint
    from order_customers
    inner join orders
        on
            order_customers.brand_id = orders.brand_id
            and order_customers.order_id = orders.order_id
    left join lines_summed
        on
            order_customers.brand_id = lines_summed.brand_id
            and order_customers.order_id = lines_summed.order_id
    left join refunds_summed
        on
            order_customers.brand_id = refunds_summed.brand_id
            and order_customers.order_id = refunds_summed.order_id
),

brands_summed as (
    select
        customer_id,
        brand_id,
        count(*) as order_count,
        min({{ epoch_microseconds('ordered_at') }}) as first_microseconds,
        max({{ epoch_microseconds('ordered_at') }}) as last_microseconds,
        sum(total_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(is_discounted) as discounted_order_count,
        sum(kept_quantity) as kept_quantity,
        sum(has_lines) as lined_order_count,
        sum(has_return) as returned_order_count,
        sum(has_complaint) as complaint_order_count
    from orders_joined
    group by customer_id, brand_id
),

tiers_summed as (
    select
        customer_id,
        brand_id,
        sum(case when price_tier = 'budget' then net_line_amount else 0 end) as budget_amount,
        sum(case when price_tier = 'middle' then net_line_amount else 0 end) as middle_amount,
        sum(case when price_tier = 'premium' then net_line_amount else 0 end) as premium_amount
    from price_tiers
    group by customer_id, brand_id
),

brands_joined as (
    select
        brands_summed.customer_id,
        brands_summed.brand_id,
        brands_summed.order_count,
        brands_summed.first_microseconds,
        brands_summed.last_microseconds,
        brands_summed.gross_amount,
        brands_summed.discount_amount,
        brands_summed.discounted_order_count,
        brands_summed.kept_quantity,
        brands_summed.lined_order_count,
        brands_summed.returned_order_count,
        brands_summed.complaint_order_count,
        coalesce(tiers_summed.budget_amount, 0) as budget_amount,
        coalesce(tiers_summed.middle_amount, 0) as middle_amount,
        coalesce(tiers_summed.premium_amount, 0) as premium_amount
    from brands_summed
    left join tiers_summed
        on
            brands_summed.customer_id = tiers_summed.customer_id
            and brands_summed.brand_id = tiers_summed.brand_id
),

scopes_listed as (
    select
        customer_id,
        brand_id as scope,
        order_count,
        first_microseconds,
        last_microseconds,
        gross_amount,
        discount_amount,
        discounted_order_count,
        kept_quantity,
        lined_order_count,
        returned_order_count,
        complaint_order_count,
        budget_amount,
        middle_amount,
        premium_amount
    from brands_joined

    union all

    select
        customer_id,
        'all' as scope,
        order_count,
        first_microseconds,
        last_microseconds,
        gross_amount,
        discount_amount,
        discounted_order_count,
        kept_quantity,
        lined_order_count,
        returned_order_count,
        complaint_order_count,
        budget_amount,
        middle_amount,
        premium_amount
    from brands_joined
),

scopes_summed as (
    select
        customer_id,
        scope,
        sum(order_count) as order_count,
        max(last_microseconds) - min(first_microseconds) as span_microseconds,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(discounted_order_count) as discounted_order_count,
        sum(kept_quantity) as kept_quantity,
        sum(lined_order_count) as lined_order_count,
        sum(returned_order_count) as returned_order_count,
        sum(complaint_order_count) as complaint_order_count,
        greatest(sum(budget_amount), 0) as budget_amount,
        greatest(sum(middle_amount), 0) as middle_amount,
        greatest(sum(premium_amount), 0) as premium_amount
    from scopes_listed
    group by customer_id, scope
),

figures_measured as (
    select
        customer_id,
        scope,
        {{ decimal_quotient('kept_quantity', 'lined_order_count', 2, 1) }}
            as average_basket_quantity,
        {{ decimal_quotient('span_microseconds', '(order_count - 1) * 86400000000', 1) }}
            as average_days_between_orders,
        {{ decimal_quotient('returned_order_count', 'order_count', 4) }} as return_rate,
        {{ decimal_quotient('complaint_order_count', 'order_count', 4) }} as complaint_rate,
        {{ decimal_quotient('discounted_order_count', 'order_count', 4) }}
            as discounted_order_share,
        {{ decimal_quotient('discount_amount', 'gross_amount + discount_amount', 4, 2) }}
            as discount_share,
        {{ decimal_quotient(
            'budget_amount', 'budget_amount + middle_amount + premium_amount', 4, 2
        ) }}
            as budget_spend_share,
        {{ decimal_quotient(
            'middle_amount', 'budget_amount + middle_amount + premium_amount', 4, 2
        ) }}
            as middle_spend_share,
        {{ decimal_quotient(
            'premium_amount', 'budget_amount + middle_amount + premium_amount', 4, 2
        ) }} as premium_spend_share,
        case
            when budget_amount + middle_amount + premium_amount = 0 then null
            when premium_amount >= middle_amount and premium_amount >= budget_amount
                then 'premium'
            when middle_amount >= budget_amount then 'middle'
            else 'budget'
        end as price_tier
    from scopes_summed
),

-- What somebody returns is kept for the service desk; a liking for prices is a profile.
figures_permitted as (
    select
        figures_measured.customer_id,
        figures_measured.scope,
        figures_measured.average_basket_quantity,
        figures_measured.average_days_between_orders,
        figures_measured.return_rate,
        figures_measured.complaint_rate,
        case
            when profiling_stops.customer_id is null then figures_measured.discounted_order_share
        end as discounted_order_share,
        case when profiling_stops.customer_id is null then figures_measured.discount_share end
            as discount_share,
        case when profiling_stops.customer_id is null then figures_measured.budget_spend_share end
            as budget_spend_share,
        case when profiling_stops.customer_id is null then figures_measured.middle_spend_share end
            as middle_spend_share,
        case when profiling_stops.customer_id is null then figures_measured.premium_spend_share end
            as premium_spend_share,
        case when profiling_stops.customer_id is null then figures_measured.price_tier end
            as price_tier
    from figures_measured
    left join profiling_stops
        on
            figures_measured.customer_id = profiling_stops.customer_id
            and figures_measured.scope = profiling_stops.scope
)

select * from figures_permitted
