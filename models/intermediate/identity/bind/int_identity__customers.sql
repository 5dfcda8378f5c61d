with

customer_nodes as (
    select * from {{ ref('int_identity__customer_nodes') }}
),

identifier_types as (
    select * from {{ ref('identifier_types') }}
),

controller_consents as (
    select * from {{ ref('int_identity__controller_consents') }}
),

records as (
    select * from {{ ref('int_identity__records') }}
),

set_customers as (
    select * from {{ ref('int_identity__set_customers') }}
),

contact_names as (
    select * from {{ ref('int_identity__contact_names') }}
),

nodes_counted as (
    select
        customer_nodes.customer_id,
        min(customer_nodes.founder_key) as founder_key,
        min(customer_nodes.component_id) as component_id,
        min(customer_nodes.first_seen_at) as first_seen_at,
        max(customer_nodes.last_seen_at) as last_seen_at,
        count(*) as identifier_count,
        sum(case when identifier_types.is_capped then 1 else 0 end) as capped_identifier_count,
        count(distinct customer_nodes.controller_id) as controller_count,
        min(case when controller_consents.is_granted then 1 else 0 end) = 1
            as has_cross_brand_consent
    from customer_nodes
    inner join identifier_types
        on customer_nodes.identifier_type = identifier_types.identifier_type
    left join controller_consents
        on customer_nodes.controller_component_id = controller_consents.controller_component_id
    group by customer_nodes.customer_id
),

contact_names_bound as (
    select
        set_customers.customer_id,
        contact_names.given_name,
        contact_names.birth_key
    from contact_names
    inner join records
        on
            records.feed = 'contacts'
            and contact_names.brand_id = records.brand_id
            and contact_names.contact_id = records.record_id
    inner join set_customers
        on records.identifier_set_id = set_customers.identifier_set_id
),

contradictions_counted as (
    select
        customer_id,
        count(distinct birth_key) as birth_key_count,
        count(distinct case when length(given_name) > 1 then given_name end) as given_name_count
    from contact_names_bound
    group by customer_id
),

judged as (
    select
        nodes_counted.customer_id,
        nodes_counted.founder_key,
        nodes_counted.component_id,
        nodes_counted.first_seen_at,
        nodes_counted.last_seen_at,
        cast(nodes_counted.identifier_count as bigint) as identifier_count,
        cast(nodes_counted.controller_count as bigint) as controller_count,
        nodes_counted.has_cross_brand_consent,
        coalesce(contradictions_counted.birth_key_count, 0) > 1 as has_contradicting_birth_dates,
        coalesce(contradictions_counted.given_name_count, 0) > 1 as has_contradicting_names,
        nodes_counted.capped_identifier_count > {{ var('max_identifiers_per_customer') }}
            as has_too_many_identifiers
    from nodes_counted
    left join contradictions_counted
        on nodes_counted.customer_id = contradictions_counted.customer_id
),

customers as (
    select
        customer_id,
        founder_key,
        component_id,
        first_seen_at,
        last_seen_at,
        identifier_count,
        controller_count,
        has_cross_brand_consent,
        has_contradicting_birth_dates,
        has_contradicting_names,
        has_too_many_identifiers,
        has_contradicting_birth_dates
        or has_contradicting_names
        or has_too_many_identifiers as is_suspect,
        nullif(
            concat_ws(
                ', ',
                case when has_contradicting_birth_dates then 'contradicting_birth_dates' end,
                case when has_contradicting_names then 'contradicting_names' end,
                case when has_too_many_identifiers then 'too_many_identifiers' end
            ),
            ''
        ) as suspect_reasons
    from judged
)

select * from customers
