with

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

customer_nodes as (
    select * from {{ ref('int_identity__customer_nodes') }}
),

ranked as (
    select
        nodes.identifier_set_id,
        customer_nodes.customer_id,
        nodes.identifier_type,
        row_number() over (
            partition by nodes.identifier_set_id
            order by nodes.priority, nodes.node_key
        ) as node_rank
    from nodes
    inner join customer_nodes
        on nodes.node_id = customer_nodes.node_id
),

bound as (
    select
        identifier_set_id,
        customer_id,
        identifier_type as link_rule
    from ranked
    where node_rank = 1
)

select * from bound
