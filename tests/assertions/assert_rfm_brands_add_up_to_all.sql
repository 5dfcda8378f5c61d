-- The group's figures and the brands' are read side by side; if an order counted in one and not in
-- the other, a customer would be worth more in the parts than in the whole. Also: whoever is scored
-- in a brand is scored in the group, and the other way round, but for whom a brand may not profile.
with all_rfm_scores as (
    select customer_id, scope, frequency, monetary_amount, last_order_at
    from {{ ref('rfm_scores') }}
),

profiling_stops as (
    select customer_id
    from {{ ref('int_privacy__profiling_stops') }}
    where scope = 'all'
),

rfm_scores as (
    select
        all_rfm_scores.customer_id,
        all_rfm_scores.scope,
        all_rfm_scores.frequency,
        all_rfm_scores.monetary_amount,
        all_rfm_scores.last_order_at
    from all_rfm_scores
    left join profiling_stops
        on all_rfm_scores.customer_id = profiling_stops.customer_id
    where profiling_stops.customer_id is null
),

scopes_compared as (
    select
        customer_id,
        sum(case when scope = 'all' then frequency else 0 end) as group_frequency,
        sum(case when scope <> 'all' then frequency else 0 end) as brands_frequency,
        sum(case when scope = 'all' then monetary_amount else 0 end) as group_amount,
        sum(case when scope <> 'all' then monetary_amount else 0 end) as brands_amount,
        max(case when scope = 'all' then last_order_at end) as group_last_order_at,
        max(case when scope <> 'all' then last_order_at end) as brands_last_order_at
    from rfm_scores
    group by customer_id
)

select *
from scopes_compared
where
    group_frequency <> brands_frequency
    or group_amount <> brands_amount
    or group_last_order_at is distinct from brands_last_order_at
