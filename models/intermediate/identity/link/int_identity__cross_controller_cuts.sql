{#
    Two components that a steward wants apart may both be linked to a component of another
    controller and would be one customer through it. The weakest of them loses its links, as within
    a controller; nothing is counted here, so no component is ever too large.
#}
{{ config(
    materialized='weakest_cuts',
    max_size=1
) }}

with

cross_controller_candidates as (
    select * from {{ ref('int_identity__cross_controller_candidates') }}
),

controller_components as (
    select * from {{ ref('int_identity__controller_components') }}
),

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

nodes_apart as (
    select * from {{ ref('int_identity__nodes_apart') }}
),

pairs_lifted as (
    select
        components_a.component_id as component_a,
        components_b.component_id as component_b
    from cross_controller_candidates
    inner join controller_components as components_a
        on cross_controller_candidates.node_a = components_a.node_id
    inner join controller_components as components_b
        on cross_controller_candidates.node_b = components_b.node_id
    group by components_a.component_id, components_b.component_id
),

components_linked as (
    select component_a as component_id
    from pairs_lifted
    union
    select component_b as component_id
    from pairs_lifted
),

components_ranked as (
    select
        components_linked.component_id,
        min(nodes.priority) as priority,
        min(nodes.node_key) as node_key
    from components_linked
    inner join controller_components
        on components_linked.component_id = controller_components.component_id
    inner join nodes
        on controller_components.node_id = nodes.node_id
    group by components_linked.component_id
),

pairs_apart as (
    select
        components_a.component_id as component_a,
        components_b.component_id as component_b
    from nodes_apart
    inner join controller_components as components_a
        on nodes_apart.node_a = components_a.node_id
    inner join controller_components as components_b
        on nodes_apart.node_b = components_b.node_id
    inner join components_linked as linked_a
        on components_a.component_id = linked_a.component_id
    inner join components_linked as linked_b
        on components_b.component_id = linked_b.component_id
    where components_a.component_id <> components_b.component_id
    group by components_a.component_id, components_b.component_id
),

graph as (
    select
        'node' as kind,
        component_id as node_a,
        cast(null as bigint) as node_b,
        priority,
        1 as people_count,
        node_key,
        false as is_counted
    from components_ranked

    union all

    select
        'edge' as kind,
        component_a as node_a,
        component_b as node_b,
        null as priority,
        null as people_count,
        null as node_key,
        null as is_counted
    from pairs_lifted

    union all

    select
        'apart' as kind,
        component_a as node_a,
        component_b as node_b,
        null as priority,
        null as people_count,
        null as node_key,
        null as is_counted
    from pairs_apart
)

select * from graph
