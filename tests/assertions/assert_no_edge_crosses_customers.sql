-- A pair of identifiers seen together on a record, in two customers, is a person cut in two: what a
-- fixed number of passes does to a long chain while it reports success.
with

all_edges as (
    select
        node_a,
        node_b
    from {{ ref('int_identity__edges') }}
    union all
    select
        node_a,
        node_b
    from {{ ref('int_identity__cross_controller_edges') }}
),

customer_nodes as (
    select
        node_id,
        customer_id
    from {{ ref('int_identity__customer_nodes') }}
)

select
    all_edges.node_a,
    all_edges.node_b
from all_edges
left join customer_nodes as customers_a
    on all_edges.node_a = customers_a.node_id
left join customer_nodes as customers_b
    on all_edges.node_b = customers_b.node_id
where
    customers_a.customer_id is null
    or customers_b.customer_id is null
    or customers_a.customer_id <> customers_b.customer_id
