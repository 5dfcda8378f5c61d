with

controller_components as (
    select * from {{ ref('int_identity__controller_components') }}
),

controller_links as (
    select * from {{ ref('int_identity__controller_links') }}
),

composed as (
    select
        controller_components.node_id,
        coalesce(controller_links.component_id, controller_components.component_id) as component_id,
        controller_components.component_id as controller_component_id
    from controller_components
    left join controller_links
        on controller_components.component_id = controller_links.node_id
)

select * from composed
