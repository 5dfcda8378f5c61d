{#
    What `crossbrand link-candidates` last proposed, as far as both nodes still exist. A controller
    never sees another's customers, so a pair across two is no proposal, whatever the file says.
#}
with

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

proposed as (
    {{ proposed_links() }}
),

nodes_named as (
    select
        proposed.node_key,
        nodes.node_id,
        nodes.controller_id
    from nodes
    inner join (
        select node_key_a as node_key from proposed
        union
        select node_key_b as node_key from proposed
    ) as proposed
        on nodes.node_key = proposed.node_key
    group by proposed.node_key, nodes.node_id, nodes.controller_id
),

placed as (
    select
        nodes_a.node_id as node_a,
        nodes_b.node_id as node_b,
        proposed.node_key_a,
        proposed.node_key_b,
        nodes_a.controller_id,
        cast(proposed.match_weight as decimal(9, 4)) as match_weight,
        cast(proposed.match_probability as decimal(9, 8)) as match_probability,
        cast(proposed.given_name_weight as decimal(9, 4)) as given_name_weight,
        cast(proposed.surname_weight as decimal(9, 4)) as surname_weight,
        cast(proposed.birth_date_weight as decimal(9, 4)) as birth_date_weight,
        cast(proposed.street_weight as decimal(9, 4)) as street_weight,
        cast(proposed.postal_code_weight as decimal(9, 4)) as postal_code_weight,
        proposed.contradiction,
        proposed.parameters_hash
    from proposed
    inner join nodes_named as nodes_a
        on proposed.node_key_a = nodes_a.node_key
    inner join nodes_named as nodes_b
        on proposed.node_key_b = nodes_b.node_key
    where
        nodes_a.controller_id = nodes_b.controller_id
        and nodes_a.node_id <> nodes_b.node_id
)

select * from placed
