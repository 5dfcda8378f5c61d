with

edges as (
    select * from {{ ref('int_identity__edges') }}
),

cross_controller_edges as (
    select * from {{ ref('int_identity__cross_controller_edges') }}
),

customer_nodes as (
    select * from {{ ref('int_identity__customer_nodes') }}
),

links_gathered as (
    select
        node_a,
        node_b,
        link_rule,
        evidence,
        first_seen_at,
        record_count
    from edges

    union all

    select
        node_a,
        node_b,
        link_rule,
        'consent' as evidence,
        cast(null as {{ type_timestamp() }}) as first_seen_at,
        cast(null as bigint) as record_count
    from cross_controller_edges
),

named as (
    select
        {{ hash_text(
            "concat(nodes_a.node_key, '|', nodes_b.node_key, '|', links_gathered.link_rule)"
        ) }} as identity_evidence_id,
        nodes_a.customer_id,
        links_gathered.link_rule,
        nodes_a.identifier_type as identifier_type_a,
        nodes_a.scope_id as scope_id_a,
        nodes_a.identifier_value as identifier_value_a,
        nodes_b.identifier_type as identifier_type_b,
        nodes_b.scope_id as scope_id_b,
        nodes_b.identifier_value as identifier_value_b,
        links_gathered.evidence,
        links_gathered.record_count,
        links_gathered.first_seen_at
    from links_gathered
    inner join customer_nodes as nodes_a
        on links_gathered.node_a = nodes_a.node_id
    inner join customer_nodes as nodes_b
        on links_gathered.node_b = nodes_b.node_id
)

select * from named
