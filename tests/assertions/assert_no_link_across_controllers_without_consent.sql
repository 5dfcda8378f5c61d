-- A customer known to two controllers who did not grant cross-brand profiling at each of them, or
-- took it back at one, is personal data shared without leave.
with

customer_controllers as (
    select
        customer_id,
        controller_component_id,
        controller_id
    from {{ ref('int_identity__customer_nodes') }}
    group by customer_id, controller_component_id, controller_id
),

linked_customers as (
    select customer_id
    from customer_controllers
    group by customer_id
    having count(distinct controller_id) > 1
),

consents as (
    select
        controller_component_id,
        is_granted
    from {{ ref('int_identity__controller_consents') }}
)

select
    customer_controllers.customer_id,
    customer_controllers.controller_id
from customer_controllers
inner join linked_customers
    on customer_controllers.customer_id = linked_customers.customer_id
left join consents
    on customer_controllers.controller_component_id = consents.controller_component_id
where not coalesce(consents.is_granted, false)
