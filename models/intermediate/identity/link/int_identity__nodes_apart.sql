with

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

identity_decisions as (
    select * from {{ ref('identity_decisions') }}
),

keys_named as (
    select
        {{ identifier_node_key('identifier_type_a', 'scope_id_a', 'identifier_value_a') }}
            as identifier_key
    from identity_decisions
    where decision = 'never_link'

    union

    select
        {{ identifier_node_key('identifier_type_b', 'scope_id_b', 'identifier_value_b') }}
            as identifier_key
    from identity_decisions
    where decision = 'never_link'
),

-- A steward names few identifiers, so their nodes are sought and not all nodes keyed.
nodes_named as (
    select
        nodes.node_id,
        keys_named.identifier_key
    from nodes
    inner join keys_named
        on
            {{ identifier_node_key(
                'nodes.identifier_type', 'nodes.scope_id', 'nodes.identifier_value'
            ) }} = keys_named.identifier_key
    group by nodes.node_id, keys_named.identifier_key
),

paired as (
    select
        nodes_a.node_id as node_a,
        nodes_b.node_id as node_b
    from identity_decisions
    inner join nodes_named as nodes_a
        on
            nodes_a.identifier_key
            = {{ identifier_node_key('identifier_type_a', 'scope_id_a', 'identifier_value_a') }}
    inner join nodes_named as nodes_b
        on
            nodes_b.identifier_key
            = {{ identifier_node_key('identifier_type_b', 'scope_id_b', 'identifier_value_b') }}
    where
        identity_decisions.decision = 'never_link'
        and nodes_a.node_id <> nodes_b.node_id
    group by nodes_a.node_id, nodes_b.node_id
)

select * from paired
