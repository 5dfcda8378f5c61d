-- A component whose nodes cannot reach each other is two people made one: nothing may be in a
-- component that no chain of edges leads to. Walks from each component's least node; whatever it
-- misses is returned.
with recursive

all_edges as (
    select
        node_a,
        node_b
    from {{ ref('int_identity__edges') }}
    union
    select
        node_a,
        node_b
    from {{ ref('int_identity__cross_controller_edges') }}
),

both_ways as (
    select
        node_a as from_node,
        node_b as to_node
    from all_edges
    union
    select
        node_b as from_node,
        node_a as to_node
    from all_edges
),

roots as (
    select min(node_id) as node_id
    from {{ ref('int_identity__components') }}
    group by component_id
),

reached as (
    select node_id from roots
    union
    select both_ways.to_node as node_id
    from reached
    inner join both_ways
        on reached.node_id = both_ways.from_node
)

select components.node_id
from {{ ref('int_identity__components') }} as components
left join reached
    on components.node_id = reached.node_id
where reached.node_id is null
