with

probabilistic_decisions as (
    select * from {{ ref('int_identity__probabilistic_decisions') }}
),

edges as (
    select
        node_a,
        node_b,
        'probabilistic' as link_rule,
        concat('match_weight ', cast(match_weight as {{ type_string() }})) as evidence,
        cast(null as {{ type_timestamp() }}) as first_seen_at,
        cast(null as {{ type_timestamp() }}) as last_seen_at,
        cast(null as bigint) as record_count
    from probabilistic_decisions
    where unlinked_reason is null
)

select * from edges
