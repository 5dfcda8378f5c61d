{{ config(materialized='connected_components') }}

with

controller_components as (
    select * from {{ ref('int_identity__controller_components') }}
),

cross_controller_edges as (
    select * from {{ ref('int_identity__cross_controller_edges') }}
),

lifted as (
    select
        components_a.component_id as node_a,
        components_b.component_id as node_b
    from cross_controller_edges
    inner join controller_components as components_a
        on cross_controller_edges.node_a = components_a.node_id
    inner join controller_components as components_b
        on cross_controller_edges.node_b = components_b.node_id
)

select * from lifted
