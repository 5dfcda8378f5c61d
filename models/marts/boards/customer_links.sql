{#
    Why the records of a customer are one person's, without naming them: identity_evidence has the
    identifiers themselves and stays in the warehouse.
#}
with

identity_evidence as (
    select * from {{ ref('identity_evidence') }}
),

links_counted as (
    select
        customer_id,
        link_rule,
        identifier_type_a,
        identifier_type_b,
        count(*) as link_count,
        cast(sum(record_count) as bigint) as record_count,
        min(first_seen_at) as first_seen_at
    from identity_evidence
    group by customer_id, link_rule, identifier_type_a, identifier_type_b
)

select * from links_counted
