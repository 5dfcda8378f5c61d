with

cross_controller_candidates as (
    select * from {{ ref('int_identity__cross_controller_candidates') }}
),

cross_controller_cuts as (
    select * from {{ ref('int_identity__cross_controller_cuts') }}
),

controller_components as (
    select * from {{ ref('int_identity__controller_components') }}
),

kept as (
    select
        cross_controller_candidates.node_a,
        cross_controller_candidates.node_b,
        cross_controller_candidates.link_rule
    from cross_controller_candidates
    inner join controller_components as components_a
        on cross_controller_candidates.node_a = components_a.node_id
    inner join controller_components as components_b
        on cross_controller_candidates.node_b = components_b.node_id
    left join cross_controller_cuts
        on
            components_a.component_id = cross_controller_cuts.node_a
            and components_b.component_id = cross_controller_cuts.node_b
    where cross_controller_cuts.node_a is null
)

select * from kept
