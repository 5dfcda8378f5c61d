{#
    Who was held out of which campaign, and of those who was not written to in it after all. The row
    names the person by contact, e-mail or phone; the first that belongs to exactly one customer tells
    which. Nothing is stitched by it.
#}
with

campaign_controls as (
    select * from {{ ref('stg_communication__campaign_controls') }}
),

brands as (
    select * from {{ ref('brands') }}
),

identifier_types as (
    select * from {{ ref('identifier_types') }}
),

customer_nodes as (
    select * from {{ ref('int_identity__customer_nodes') }}
),

message_responses as (
    select * from {{ ref('int_communication__message_responses') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

controls_scoped as (
    select
        campaign_controls.brand_id,
        campaign_controls.control_id,
        campaign_controls.campaign_id,
        campaign_controls.contact_id,
        campaign_controls.email_key,
        campaign_controls.phone,
        brands.controller_id,
        campaign_controls.held_out_at
    from campaign_controls
    cross join as_of
    inner join brands
        on campaign_controls.brand_id = brands.brand_id
    where campaign_controls.held_out_at <= as_of.as_of_at
),

identifiers_listed as (
    select
        brand_id,
        controller_id,
        control_id,
        'contact_id' as identifier_type,
        contact_id as identifier_value
    from controls_scoped
    where contact_id is not null

    union all

    select
        brand_id,
        controller_id,
        control_id,
        'email' as identifier_type,
        email_key as identifier_value
    from controls_scoped
    where email_key is not null

    union all

    select
        brand_id,
        controller_id,
        control_id,
        'phone' as identifier_type,
        phone as identifier_value
    from controls_scoped
    where phone is not null
),

identifiers_bound as (
    select
        identifiers_listed.brand_id,
        identifiers_listed.control_id,
        identifier_types.priority,
        min(customer_nodes.customer_id) as customer_id
    from identifiers_listed
    inner join identifier_types
        on identifiers_listed.identifier_type = identifier_types.identifier_type
    inner join customer_nodes
        on
            identifiers_listed.identifier_type = customer_nodes.identifier_type
            and identifiers_listed.identifier_value = customer_nodes.identifier_value
            and customer_nodes.scope_id = case identifier_types.scope
                when 'controller' then identifiers_listed.controller_id
                else identifiers_listed.brand_id
            end
    group by
        identifiers_listed.brand_id,
        identifiers_listed.control_id,
        identifier_types.priority
    having count(distinct customer_nodes.customer_id) = 1
),

controls_bound as (
    select
        brand_id,
        control_id,
        {{ first_by('customer_id', 'priority') }} as customer_id
    from identifiers_bound
    group by brand_id, control_id
),

controls_summed as (
    select
        controls_scoped.brand_id,
        controls_scoped.campaign_id,
        controls_bound.customer_id,
        min(controls_scoped.held_out_at) as held_out_at
    from controls_scoped
    inner join controls_bound
        on
            controls_scoped.brand_id = controls_bound.brand_id
            and controls_scoped.control_id = controls_bound.control_id
    group by
        controls_scoped.brand_id,
        controls_scoped.campaign_id,
        controls_bound.customer_id
),

recipients as (
    select distinct
        brand_id,
        campaign_id,
        customer_id
    from message_responses
    where campaign_id is not null and customer_id is not null
),

controls_untouched as (
    select
        controls_summed.brand_id,
        controls_summed.campaign_id,
        controls_summed.customer_id,
        controls_summed.held_out_at
    from controls_summed
    left join recipients
        on
            controls_summed.brand_id = recipients.brand_id
            and controls_summed.campaign_id = recipients.campaign_id
            and controls_summed.customer_id = recipients.customer_id
    where recipients.customer_id is null
)

select * from controls_untouched
