{#
    Whom a consent event speaks for. A "no" under the family's e-mail, without a name, is told by nobody
    in particular; left to nobody it would be lost, so it counts for each person who uses that e-mail.
    A "yes" counts only for those who are told.
#}
with

records as (
    select * from {{ ref('int_identity__records') }}
),

observations as (
    select * from {{ ref('int_identity__observations') }}
),

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

consent_sets as (
    select identifier_set_id
    from records
    where feed = 'consent_events'
    group by identifier_set_id
),

nodes_told as (
    select
        nodes.identifier_set_id,
        nodes.identifier_id,
        nodes.node_id
    from nodes
    inner join consent_sets
        on nodes.identifier_set_id = consent_sets.identifier_set_id
    group by nodes.identifier_set_id, nodes.identifier_id, nodes.node_id
),

identifiers_untold as (
    select
        observations.identifier_set_id,
        observations.identifier_id
    from observations
    inner join consent_sets
        on observations.identifier_set_id = consent_sets.identifier_set_id
    left join nodes_told
        on
            observations.identifier_set_id = nodes_told.identifier_set_id
            and observations.identifier_id = nodes_told.identifier_id
    where nodes_told.node_id is null
    group by observations.identifier_set_id, observations.identifier_id
),

decision_nodes as (
    select
        identifier_set_id,
        node_id,
        true as is_told
    from nodes_told

    union all

    select
        identifiers_untold.identifier_set_id,
        nodes.node_id,
        false as is_told
    from identifiers_untold
    inner join nodes
        on identifiers_untold.identifier_id = nodes.identifier_id
    group by identifiers_untold.identifier_set_id, nodes.node_id
)

select * from decision_nodes
