with

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

identifier_types as (
    select * from {{ ref('identifier_types') }}
),

controller_components as (
    select * from {{ ref('int_identity__controller_components') }}
),

controller_consents as (
    select * from {{ ref('int_identity__controller_consents') }}
),

short_names as (
    select * from {{ ref('short_names') }}
),

nodes_apart as (
    select * from {{ ref('int_identity__nodes_apart') }}
),

components_apart as (
    select
        components_a.component_id as component_a,
        components_b.component_id as component_b
    from nodes_apart
    inner join controller_components as components_a
        on nodes_apart.node_a = components_a.node_id
    inner join controller_components as components_b
        on nodes_apart.node_b = components_b.node_id
    group by components_a.component_id, components_b.component_id
),

-- An e-mail without a name of its own is used by whoever its component is: a mailbox that a wife
-- only ordered from must not lead her husband's card here to her account at the other controller.
component_names as (
    select
        controller_components.component_id,
        case
            when
                count(distinct case when length(nodes.person_key) > 1 then nodes.person_key end)
                = 1
                then split_part(
                    min(case when length(nodes.person_key) > 1 then nodes.person_key end), ' ', 1
                )
            when count(distinct nodes.person_key) = 1 then min(nodes.person_key)
        end as only_person_key
    from nodes
    inner join controller_components
        on nodes.node_id = controller_components.node_id
    group by controller_components.component_id
),

consenting_nodes as (
    select
        nodes.node_id,
        controller_components.component_id,
        nodes.identifier_type,
        nodes.scope_id,
        nodes.identifier_value,
        nodes.is_split_by_person,
        coalesce(nodes.person_key, component_names.only_person_key) as person_key,
        nodes.birth_key
    from nodes
    inner join identifier_types
        on nodes.identifier_type = identifier_types.identifier_type
    inner join controller_components
        on nodes.node_id = controller_components.node_id
    inner join controller_consents
        on controller_components.component_id = controller_consents.controller_component_id
    inner join component_names
        on controller_components.component_id = component_names.component_id
    where
        identifier_types.is_cross_controller
        and controller_consents.is_granted
        and '{{ var("cross_controller_linking") }}' = 'consent'
    group by
        nodes.node_id,
        controller_components.component_id,
        nodes.identifier_type,
        nodes.scope_id,
        nodes.identifier_value,
        nodes.is_split_by_person,
        coalesce(nodes.person_key, component_names.only_person_key),
        nodes.birth_key
),

paired as (
    select
        nodes_a.node_id as node_a,
        nodes_b.node_id as node_b,
        concat(nodes_a.identifier_type, '+consent') as link_rule
    from consenting_nodes as nodes_a
    inner join consenting_nodes as nodes_b
        on
            nodes_a.identifier_type = nodes_b.identifier_type
            and nodes_a.identifier_value = nodes_b.identifier_value
            and nodes_a.scope_id < nodes_b.scope_id
    left join components_apart
        on
            least(nodes_a.component_id, nodes_b.component_id)
            = least(components_apart.component_a, components_apart.component_b)
            and greatest(nodes_a.component_id, nodes_b.component_id)
            = greatest(components_apart.component_a, components_apart.component_b)
    left join short_names as short_names_a
        on
            nodes_a.person_key = short_names_a.short_name
            and nodes_b.person_key = short_names_a.full_name
    left join short_names as short_names_b
        on
            nodes_b.person_key = short_names_b.short_name
            and nodes_a.person_key = short_names_b.full_name
    where
        components_apart.component_a is null
        -- The same mailbox under two first names, or two birth dates, is two people here as well.
        and (
            nodes_a.birth_key is null
            or nodes_b.birth_key is null
            or nodes_a.birth_key = nodes_b.birth_key
        )
        and (
            nodes_a.person_key = nodes_b.person_key
            or (
                not nodes_a.is_split_by_person
                and not nodes_b.is_split_by_person
                and (
                    nodes_a.person_key is null
                    or nodes_b.person_key is null
                    or short_names_a.short_name is not null
                    or short_names_b.short_name is not null
                    or (
                        least(length(nodes_a.person_key), length(nodes_b.person_key)) = 1
                        and substr(nodes_a.person_key, 1, 1) = substr(nodes_b.person_key, 1, 1)
                    )
                )
            )
        )
)

select * from paired
