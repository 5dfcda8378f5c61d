-- Two identifiers that a steward decided are different people, in one customer: the decision was
-- ignored.
select
    nodes_apart.node_a,
    nodes_apart.node_b
from {{ ref('int_identity__nodes_apart') }} as nodes_apart
inner join {{ ref('int_identity__customer_nodes') }} as customers_a
    on nodes_apart.node_a = customers_a.node_id
inner join {{ ref('int_identity__customer_nodes') }} as customers_b
    on nodes_apart.node_b = customers_b.node_id
where customers_a.customer_id = customers_b.customer_id
