with

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

identity_decisions as (
    select * from {{ ref('identity_decisions') }}
),

distinct_nodes as (
    select
        node_id,
        {{ identifier_node_key('identifier_type', 'scope_id', 'identifier_value') }}
            as identifier_key
    from nodes
    group by 1, 2
),

paired as (
    select
        nodes_a.node_id as node_a,
        nodes_b.node_id as node_b
    from identity_decisions
    inner join distinct_nodes as nodes_a
        on
            nodes_a.identifier_key
            = {{ identifier_node_key('identifier_type_a', 'scope_id_a', 'identifier_value_a') }}
    inner join distinct_nodes as nodes_b
        on
            nodes_b.identifier_key
            = {{ identifier_node_key('identifier_type_b', 'scope_id_b', 'identifier_value_b') }}
    where
        identity_decisions.decision = 'never_link'
        and nodes_a.node_id <> nodes_b.node_id
    group by nodes_a.node_id, nodes_b.node_id
)

select * from paired
