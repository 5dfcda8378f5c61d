with

candidate_edges as (
    select * from {{ ref('int_identity__candidate_edges') }}
),

cut_edges as (
    select * from {{ ref('int_identity__cut_edges') }}
),

kept as (
    select
        candidate_edges.node_a,
        candidate_edges.node_b,
        candidate_edges.link_rule,
        candidate_edges.evidence,
        candidate_edges.first_seen_at,
        candidate_edges.last_seen_at,
        candidate_edges.record_count
    from candidate_edges
    left join cut_edges
        on
            candidate_edges.node_a = cut_edges.node_a
            and candidate_edges.node_b = cut_edges.node_b
    where cut_edges.node_a is null
)

select * from kept
