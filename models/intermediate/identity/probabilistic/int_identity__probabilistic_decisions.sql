{#
    What becomes of each proposal. A cluster that would hold two identifiers which a steward wants
    apart, or more identifiers than a customer may have, is not linked at all: leaving it to the
    cuts would sever exact links for the sake of a guess.
#}
with

proposals as (
    select * from {{ ref('int_identity__proposals') }}
),

certain_components as (
    select * from {{ ref('int_identity__certain_components') }}
),

probabilistic_clusters as (
    select * from {{ ref('int_identity__probabilistic_clusters') }}
),

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

nodes_apart as (
    select * from {{ ref('int_identity__nodes_apart') }}
),

identifier_types as (
    select * from {{ ref('identifier_types') }}
),

cluster_nodes as (
    select
        certain_components.node_id,
        probabilistic_clusters.component_id as cluster_id
    from probabilistic_clusters
    inner join certain_components
        on probabilistic_clusters.node_id = certain_components.component_id
),

clusters_counted as (
    select
        cluster_nodes.cluster_id,
        count(distinct case when identifier_types.is_capped then nodes.node_id end)
            as identifier_count
    from cluster_nodes
    inner join nodes
        on cluster_nodes.node_id = nodes.node_id
    inner join identifier_types
        on nodes.identifier_type = identifier_types.identifier_type
    group by cluster_nodes.cluster_id
),

clusters_apart as (
    select nodes_a.cluster_id
    from nodes_apart
    inner join cluster_nodes as nodes_a
        on nodes_apart.node_a = nodes_a.node_id
    inner join cluster_nodes as nodes_b
        on nodes_apart.node_b = nodes_b.node_id
    where nodes_a.cluster_id = nodes_b.cluster_id
    group by nodes_a.cluster_id
),

judged as (
    select
        proposals.node_a,
        proposals.node_b,
        proposals.match_weight,
        case
            when not {{ var('probabilistic_linking', false) | lower }} then 'switched_off'
            when proposals.contradiction is not null then proposals.contradiction
            when proposals.match_weight < {{ var('probabilistic_match_weight', 10) }}
                then 'below_threshold'
            when certain_a.component_id = certain_b.component_id then 'certain'
            when clusters_apart.cluster_id is not null then 'never_link'
            when
                clusters_counted.identifier_count > {{ var('max_identifiers_per_customer') }}
                then 'too_many_identifiers'
        end as unlinked_reason
    from proposals
    left join certain_components as certain_a
        on proposals.node_a = certain_a.node_id
    left join certain_components as certain_b
        on proposals.node_b = certain_b.node_id
    left join probabilistic_clusters
        on certain_a.component_id = probabilistic_clusters.node_id
    left join clusters_counted
        on probabilistic_clusters.component_id = clusters_counted.cluster_id
    left join clusters_apart
        on probabilistic_clusters.component_id = clusters_apart.cluster_id
)

select * from judged
