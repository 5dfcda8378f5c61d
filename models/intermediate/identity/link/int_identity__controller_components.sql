{{ config(materialized='connected_components') }}

with

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

edges as (
    select * from {{ ref('int_identity__edges') }}
),

joined as (
    select
        node_a,
        node_b
    from edges

    union all

    -- A lone identifier is a customer of its own.
    select
        node_id as node_a,
        node_id as node_b
    from nodes
    group by node_id
)

select * from joined
