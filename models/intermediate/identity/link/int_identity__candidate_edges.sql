with

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

identifier_sets as (
    select * from {{ ref('int_identity__identifier_sets') }}
),

identity_decisions as (
    select * from {{ ref('identity_decisions') }}
),

nodes_apart as (
    select * from {{ ref('int_identity__nodes_apart') }}
),

seen_together as (
    -- A star around the strongest identifier of the record: as many edges as identifiers, never all
    -- pairs.
    select
        hubs.node_id as node_a,
        others.node_id as node_b,
        hubs.identifier_set_id,
        concat(hubs.identifier_type, '+', others.identifier_type) as link_rule
    from nodes as hubs
    inner join nodes as others
        on
            hubs.identifier_set_id = others.identifier_set_id
            and others.node_rank > 1
    where hubs.node_rank = 1
),

evidence_gathered as (
    select
        seen_together.node_a,
        seen_together.node_b,
        min(seen_together.link_rule) as link_rule,
        min(concat(identifier_sets.brand_id, '|', identifier_sets.evidence)) as evidence,
        min(identifier_sets.first_seen_at) as first_seen_at,
        max(identifier_sets.last_seen_at) as last_seen_at,
        cast(sum(identifier_sets.record_count) as bigint) as record_count
    from seen_together
    inner join identifier_sets
        on seen_together.identifier_set_id = identifier_sets.identifier_set_id
    group by seen_together.node_a, seen_together.node_b
),

keys_named as (
    select
        {{ identifier_node_key('identifier_type_a', 'scope_id_a', 'identifier_value_a') }}
            as identifier_key
    from identity_decisions
    where decision = 'always_link'

    union

    select
        {{ identifier_node_key('identifier_type_b', 'scope_id_b', 'identifier_value_b') }}
            as identifier_key
    from identity_decisions
    where decision = 'always_link'
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

always_linked as (
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
        identity_decisions.decision = 'always_link'
        and nodes_a.node_id <> nodes_b.node_id
    group by nodes_a.node_id, nodes_b.node_id
),

edges as (
    select
        evidence_gathered.node_a,
        evidence_gathered.node_b,
        evidence_gathered.link_rule,
        evidence_gathered.evidence,
        evidence_gathered.first_seen_at,
        evidence_gathered.last_seen_at,
        evidence_gathered.record_count
    from evidence_gathered
    left join nodes_apart
        on
            least(evidence_gathered.node_a, evidence_gathered.node_b)
            = least(nodes_apart.node_a, nodes_apart.node_b)
            and greatest(evidence_gathered.node_a, evidence_gathered.node_b)
            = greatest(nodes_apart.node_a, nodes_apart.node_b)
    where nodes_apart.node_a is null

    union all

    select
        node_a,
        node_b,
        'steward' as link_rule,
        'identity_decisions' as evidence,
        cast(null as {{ type_timestamp() }}) as first_seen_at,
        cast(null as {{ type_timestamp() }}) as last_seen_at,
        cast(null as bigint) as record_count
    from always_linked
)

select * from edges
