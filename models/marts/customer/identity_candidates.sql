with

proposals as (
    select * from {{ ref('int_identity__proposals') }}
),

probabilistic_decisions as (
    select * from {{ ref('int_identity__probabilistic_decisions') }}
),

customer_nodes as (
    select * from {{ ref('int_identity__customer_nodes') }}
),

named as (
    select
        {{ hash_text("concat(proposals.node_key_a, '|', proposals.node_key_b)") }}
            as identity_candidate_id,
        nodes_a.customer_id as customer_id_a,
        nodes_b.customer_id as customer_id_b,
        proposals.controller_id,
        proposals.match_weight,
        proposals.match_probability,
        probabilistic_decisions.unlinked_reason is null as is_linked,
        probabilistic_decisions.unlinked_reason,
        proposals.given_name_weight,
        proposals.surname_weight,
        proposals.birth_date_weight,
        proposals.street_weight,
        proposals.postal_code_weight,
        nodes_a.identifier_type as identifier_type_a,
        nodes_a.scope_id as scope_id_a,
        nodes_a.identifier_value as identifier_value_a,
        nodes_b.identifier_type as identifier_type_b,
        nodes_b.scope_id as scope_id_b,
        nodes_b.identifier_value as identifier_value_b,
        proposals.parameters_hash
    from proposals
    inner join probabilistic_decisions
        on
            proposals.node_a = probabilistic_decisions.node_a
            and proposals.node_b = probabilistic_decisions.node_b
    inner join customer_nodes as nodes_a
        on proposals.node_a = nodes_a.node_id
    inner join customer_nodes as nodes_b
        on proposals.node_b = nodes_b.node_id
    -- What exact identifiers have joined since it was proposed is no question any more.
    where
        probabilistic_decisions.unlinked_reason is null
        or nodes_a.customer_id <> nodes_b.customer_id
)

select * from named
