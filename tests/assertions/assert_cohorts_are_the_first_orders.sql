-- Retention is a share of a cohort. Were a customer in two cohorts of a scope or in none, or an
-- order in none of its months, every curve would be off and none would look wrong. The journeys to
-- first orders are counted along another way and must come to the same customers.
with order_customers as (
    select brand_id, customer_id, net_amount
    from {{ ref('int_transaction__order_customers') }}
),

cohort_retention as (
    select scope, months_since_first, customer_count, order_count, net_amount
    from {{ ref('cohort_retention') }}
),

journeys as (
    select
        scope,
        sum(first_order_count) as first_order_count
    from {{ ref('journeys') }}
    group by scope
),

scopes_expected as (
    select
        brand_id as scope,
        count(distinct customer_id) as customer_count,
        count(*) as order_count,
        sum(net_amount) as net_amount
    from order_customers
    group by brand_id

    union all

    select
        'all' as scope,
        count(distinct customer_id) as customer_count,
        count(*) as order_count,
        sum(net_amount) as net_amount
    from order_customers
    having count(*) > 0
),

scopes_found as (
    select
        scope,
        sum(case when months_since_first = 0 then customer_count else 0 end) as customer_count,
        sum(order_count) as order_count,
        sum(net_amount) as net_amount
    from cohort_retention
    group by scope
),

compared as (
    select
        scopes_expected.scope,
        scopes_expected.customer_count,
        scopes_found.customer_count as cohort_customer_count,
        journeys.first_order_count
    from scopes_expected
    left join scopes_found
        on scopes_expected.scope = scopes_found.scope
    left join journeys
        on scopes_expected.scope = journeys.scope
    where
        scopes_expected.customer_count is distinct from scopes_found.customer_count
        or scopes_expected.customer_count is distinct from journeys.first_order_count
        or scopes_expected.order_count is distinct from scopes_found.order_count
        or scopes_expected.net_amount is distinct from scopes_found.net_amount
)

select * from compared
