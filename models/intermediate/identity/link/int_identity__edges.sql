with

candidate_edges as (
    select * from {{ ref('int_identity__candidate_edges') }}
),

cut_edges as (
    select * from {{ ref('int_identity__cut_edges') }}
),

probabilistic_edges as (
    select * from {{ ref('int_identity__probabilistic_edges') }}
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
),

edges as (
    select
        node_a,
        node_b,
        link_rule,
        evidence,
        first_seen_at,
        last_seen_at,
        record_count
    from kept

    union all

    -- The second stage joins what the cuts left: a guess must never sever an exact link.
    select
        node_a,
        node_b,
        link_rule,
        evidence,
        first_seen_at,
        last_seen_at,
        record_count
    from probabilistic_edges
)

select * from edges
