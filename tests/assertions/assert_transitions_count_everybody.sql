-- A funnel that loses customers on the way shows leaks that are not there. In each month the moves
-- of a funnel add up to the customers known at its end, and what flows into a value one month is
-- what there is to flow out of it the next.
with customer_history as (
    select
        month_date,
        count(*) as customer_count
    from {{ ref('customer_history') }}
    where is_newly_known or previous_activity_tier is not null
    group by month_date
),

funnel_transitions as (
    select
        month_date,
        funnel,
        sum(customer_count) as customer_count
    from {{ ref('funnel_transitions') }}
    group by month_date, funnel
),

compared as (
    select
        customer_history.month_date,
        funnel_transitions.funnel,
        customer_history.customer_count as known_count,
        funnel_transitions.customer_count as moved_count
    from customer_history
    left join funnel_transitions
        on customer_history.month_date = funnel_transitions.month_date
    where customer_history.customer_count is distinct from funnel_transitions.customer_count
)

select * from compared
