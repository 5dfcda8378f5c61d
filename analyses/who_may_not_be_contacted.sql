-- How many good customers can nobody write to, and why?
--   dbt show --limit 100 --select who_may_not_be_contacted
-- How to read it: one row per brand, stage there and reason, for e-mail. customer_count is how
-- many of the stage have that reason; share is of the stage. A large no_consent among repeat
-- customers is a question to ask at the till; a hard_bounce is an address to correct at the next
-- order; withdrawn is an answer.
with contactability as (
    select customer_id, brand_id, may_contact, reason
    from {{ ref('contactability') }}
    where channel = 'email'
),

lifecycle_stages as (
    select customer_id, scope, lifecycle_stage
    from {{ ref('lifecycle_stages') }}
),

reasons_counted as (
    select
        contactability.brand_id,
        lifecycle_stages.lifecycle_stage,
        coalesce(contactability.reason, 'may be contacted') as reason,
        count(*) as customer_count
    from contactability
    inner join lifecycle_stages
        on
            contactability.customer_id = lifecycle_stages.customer_id
            and contactability.brand_id = lifecycle_stages.scope
    group by
        contactability.brand_id,
        lifecycle_stages.lifecycle_stage,
        coalesce(contactability.reason, 'may be contacted')
),

shares_taken as (
    select
        brand_id,
        lifecycle_stage,
        reason,
        customer_count,
        round(
            customer_count * 1.0 / sum(customer_count) over (
                partition by brand_id, lifecycle_stage
            ),
            4
        ) as share
    from reasons_counted
)

select *
from shares_taken
order by brand_id, lifecycle_stage, customer_count desc, reason
