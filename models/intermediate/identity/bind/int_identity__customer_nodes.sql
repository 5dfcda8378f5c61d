with

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

components as (
    select * from {{ ref('int_identity__components') }}
),

components_with_records as (
    -- An identifier whose links were all cut owns no record, so it is nobody: its records went with
    -- their stronger identifiers.
    select components.component_id
    from nodes
    inner join components
        on nodes.node_id = components.node_id
    where nodes.node_rank = 1
    group by components.component_id
),

nodes_gathered as (
    select
        node_id,
        node_key,
        identifier_id,
        identifier_type,
        scope_id,
        controller_id,
        identifier_value,
        priority,
        person_key,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        cast(sum(record_count) as bigint) as record_count
    from nodes
    group by
        node_id,
        node_key,
        identifier_id,
        identifier_type,
        scope_id,
        controller_id,
        identifier_value,
        priority,
        person_key
),

founders_ranked as (
    select
        nodes_gathered.node_id,
        nodes_gathered.node_key,
        nodes_gathered.identifier_id,
        nodes_gathered.identifier_type,
        nodes_gathered.scope_id,
        nodes_gathered.controller_id,
        nodes_gathered.identifier_value,
        nodes_gathered.priority,
        nodes_gathered.person_key,
        nodes_gathered.first_seen_at,
        nodes_gathered.last_seen_at,
        nodes_gathered.record_count,
        components.component_id,
        components.controller_component_id,
        first_value(nodes_gathered.node_key) over (
            partition by components.component_id
            order by nodes_gathered.first_seen_at, nodes_gathered.node_key
        ) as founder_key
    from nodes_gathered
    inner join components
        on nodes_gathered.node_id = components.node_id
    inner join components_with_records
        on components.component_id = components_with_records.component_id
),

named as (
    select
        node_id,
        node_key,
        identifier_id,
        identifier_type,
        scope_id,
        controller_id,
        identifier_value,
        priority,
        person_key,
        first_seen_at,
        last_seen_at,
        record_count,
        component_id,
        controller_component_id,
        founder_key,
        {{ hash_text('founder_key') }} as customer_id
    from founders_ranked
)

select * from named
