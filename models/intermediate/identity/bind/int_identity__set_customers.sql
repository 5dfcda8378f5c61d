with

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

customer_nodes as (
    select * from {{ ref('int_identity__customer_nodes') }}
),

bound as (
    select
        nodes.identifier_set_id,
        customer_nodes.customer_id,
        nodes.identifier_type as link_rule
    from nodes
    inner join customer_nodes
        on nodes.node_id = customer_nodes.node_id
    where nodes.node_rank = 1
)

select * from bound
