with

customers as (
    select * from {{ ref('int_identity__customers') }}
),

identifiers as (
    select * from {{ ref('int_identity__identifiers') }}
),

cut_edges as (
    select * from {{ ref('int_identity__cut_edges') }}
),

cross_controller_candidates as (
    select * from {{ ref('int_identity__cross_controller_candidates') }}
),

cross_controller_edges as (
    select * from {{ ref('int_identity__cross_controller_edges') }}
),

customer_nodes as (
    select * from {{ ref('int_identity__customer_nodes') }}
),

nodes as (
    select * from {{ ref('int_identity__nodes') }}
),

suspects as (
    select
        customer_id,
        'contradicting_birth_dates' as conflict_kind,
        'contact records of the customer hold different birth dates' as detail
    from customers
    where has_contradicting_birth_dates

    union all

    select
        customer_id,
        'contradicting_names' as conflict_kind,
        'contact records of the customer hold different first names' as detail
    from customers
    where has_contradicting_names

    union all

    select
        customer_id,
        'too_many_identifiers' as conflict_kind,
        'the customer still holds more identifiers than max_identifiers_per_customer' as detail
    from customers
    where has_too_many_identifiers
),

edges_not_followed as (
    select
        node_a,
        node_b,
        concat('link_cut_', cut_reason) as conflict_kind,
        concat(
            'links of the identifier were cut out of a component of ',
            cast(node_count as {{ type_string() }}),
            ' identifiers'
        ) as detail
    from cut_edges

    union all

    select
        cross_controller_candidates.node_a,
        cross_controller_candidates.node_b,
        'link_cut_across_controllers' as conflict_kind,
        'the link to another controller would join what a steward keeps apart' as detail
    from cross_controller_candidates
    left join cross_controller_edges
        on
            cross_controller_candidates.node_a = cross_controller_edges.node_a
            and cross_controller_candidates.node_b = cross_controller_edges.node_b
    where cross_controller_edges.node_a is null
),

cut_nodes as (
    select
        node_a as node_id,
        node_b as other_node_id,
        conflict_kind,
        detail
    from edges_not_followed
    union
    select
        node_b as node_id,
        node_a as other_node_id,
        conflict_kind,
        detail
    from edges_not_followed
),

links_cut as (
    select
        customer_nodes.customer_id,
        cut_nodes.conflict_kind,
        min(cut_nodes.detail) as detail,
        nodes.identifier_type,
        nodes.scope_id,
        nodes.identifier_value,
        cast(count(distinct cut_nodes.other_node_id) as bigint) as affected_count
    from cut_nodes
    inner join nodes
        on cut_nodes.node_id = nodes.node_id
    left join customer_nodes
        on cut_nodes.node_id = customer_nodes.node_id
    group by
        customer_nodes.customer_id,
        cut_nodes.conflict_kind,
        nodes.identifier_type,
        nodes.scope_id,
        nodes.identifier_value
),

identifiers_doubted as (
    select
        cast(null as {{ type_string() }}) as customer_id,
        case when is_usable then 'identifier_split_by_person' else 'identifier_shared' end
            as conflict_kind,
        case
            when is_usable
                then 'people who contradict one another use it; each keeps their own records'
            else 'seen with too many people: it links nobody'
        end as detail,
        identifier_type,
        scope_id,
        identifier_value,
        cast(people_count as bigint) as affected_count
    from identifiers
    where
        unusable_reason = 'shared'
        or (is_usable and is_split_by_person)
),

gathered as (
    select
        customer_id,
        conflict_kind,
        detail,
        cast(null as {{ type_string() }}) as identifier_type,
        cast(null as {{ type_string() }}) as scope_id,
        cast(null as {{ type_string() }}) as identifier_value,
        cast(null as bigint) as affected_count
    from suspects

    union all

    select
        customer_id,
        conflict_kind,
        detail,
        identifier_type,
        scope_id,
        identifier_value,
        affected_count
    from links_cut

    union all

    select
        customer_id,
        conflict_kind,
        detail,
        identifier_type,
        scope_id,
        identifier_value,
        affected_count
    from identifiers_doubted
),

numbered as (
    select
        {{ hash_text(
            "concat(conflict_kind, '|', coalesce(customer_id, ''), '|', "
            ~ "coalesce(identifier_type, ''), '|', coalesce(scope_id, ''), '|', "
            ~ "coalesce(identifier_value, ''))"
        ) }} as conflict_id,
        customer_id,
        conflict_kind,
        detail,
        identifier_type,
        scope_id,
        identifier_value,
        affected_count
    from gathered
)

select * from numbered
