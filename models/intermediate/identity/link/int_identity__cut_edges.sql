{{ config(
    materialized='weakest_cuts',
    max_size=var('max_identifiers_per_customer')
) }}

with

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

identifiers as (
    select * from {{ ref('int_identity__identifiers') }}
),

identifier_types as (
    select * from {{ ref('identifier_types') }}
),

candidate_edges as (
    select * from {{ ref('int_identity__candidate_edges') }}
),

nodes_apart as (
    select * from {{ ref('int_identity__nodes_apart') }}
),

graph as (
    select
        'node' as kind,
        nodes.node_id as node_a,
        cast(null as bigint) as node_b,
        min(nodes.priority) as priority,
        min(identifiers.people_count) as people_count,
        min(nodes.node_key) as node_key,
        max(case when identifier_types.is_capped then 1 else 0 end) = 1 as is_counted
    from nodes
    inner join identifiers
        on nodes.identifier_id = identifiers.identifier_id
    inner join identifier_types
        on nodes.identifier_type = identifier_types.identifier_type
    group by nodes.node_id

    union all

    select
        'edge' as kind,
        node_a,
        node_b,
        null as priority,
        null as people_count,
        null as node_key,
        null as is_counted
    from candidate_edges

    union all

    select
        'apart' as kind,
        node_a,
        node_b,
        null as priority,
        null as people_count,
        null as node_key,
        null as is_counted
    from nodes_apart
)

select * from graph
