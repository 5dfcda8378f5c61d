{#
    The customers that exact identifiers alone give, which the second stage joins as wholes. No rows
    while probabilistic_linking is off, for then nobody asks.
#}
{{ config(materialized='connected_components') }}

with

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

candidate_edges as (
    select * from {{ ref('int_identity__candidate_edges') }}
),

cut_edges as (
    select * from {{ ref('int_identity__cut_edges') }}
),

joined as (
    select
        candidate_edges.node_a,
        candidate_edges.node_b
    from candidate_edges
    left join cut_edges
        on
            candidate_edges.node_a = cut_edges.node_a
            and candidate_edges.node_b = cut_edges.node_b
    where cut_edges.node_a is null

    union all

    select
        node_id as node_a,
        node_id as node_b
    from nodes
    group by node_id
)

select * from joined
where {{ var('probabilistic_linking', false) | lower }}
