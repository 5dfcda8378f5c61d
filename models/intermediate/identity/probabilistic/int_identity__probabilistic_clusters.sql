{#
    Which customers the proposals would make one, taken together: A with B and B with C is A, B and
    C. Judged as wholes afterwards, so that a chain cannot do what no single proposal may.
#}
{{ config(materialized='connected_components') }}

with

proposals as (
    select * from {{ ref('int_identity__proposals') }}
),

certain_components as (
    select * from {{ ref('int_identity__certain_components') }}
),

accepted as (
    select
        components_a.component_id as node_a,
        components_b.component_id as node_b
    from proposals
    inner join certain_components as components_a
        on proposals.node_a = components_a.node_id
    inner join certain_components as components_b
        on proposals.node_b = components_b.node_id
    where
        proposals.match_weight >= {{ var('probabilistic_match_weight', 10) }}
        and proposals.contradiction is null
        and components_a.component_id <> components_b.component_id
)

select * from accepted
where {{ var('probabilistic_linking', false) | lower }}
