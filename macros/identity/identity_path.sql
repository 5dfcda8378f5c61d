{#
    The shortest chain of records that makes two identifiers one customer, as a query.

    from_value, to_value: normalised identifier values (an e-mail's matching key, a phone in E.164).
    Returns: SQL text; one row per step: step, identifier_type, identifier_value and the record
    (evidence, link_rule) that ties it to the step before. No row: the two are not one customer.

    How: distances from the first identifier over the customer's links (breadth first, at most as deep as
    a way within the customer can be long), then back from the second along falling distances. Ties go
    to the least identifier, so the same path comes out every time.

    Trap: no var bounds the depth, since vouchers and customers of several controllers count in none.
#}
{% macro identity_path(from_value, to_value) -%}
{%- set from_text = "'" ~ (from_value | string | replace("'", "''")) ~ "'" -%}
{%- set to_text = "'" ~ (to_value | string | replace("'", "''")) ~ "'" -%}
with recursive

links as (
    select
        concat(identifier_type_a, '|', scope_id_a, '|', identifier_value_a) as from_key,
        concat(identifier_type_b, '|', scope_id_b, '|', identifier_value_b) as to_key,
        identifier_value_a as from_value,
        identifier_type_b as to_type,
        identifier_value_b as to_value,
        customer_id,
        link_rule,
        evidence
    from {{ ref('identity_evidence') }}
    union all
    select
        concat(identifier_type_b, '|', scope_id_b, '|', identifier_value_b) as from_key,
        concat(identifier_type_a, '|', scope_id_a, '|', identifier_value_a) as to_key,
        identifier_value_b as from_value,
        identifier_type_a as to_type,
        identifier_value_a as to_value,
        customer_id,
        link_rule,
        evidence
    from {{ ref('identity_evidence') }}
),

customers_in_question as (
    select customer_id
    from links
    where from_value = {{ from_text }}
    intersect
    select customer_id
    from links
    where from_value = {{ to_text }}
),

customer_links as (
    select links.*
    from links
    inner join customers_in_question
        on links.customer_id = customers_in_question.customer_id
),

neighbours_counted as (
    select
        customer_id,
        from_key,
        count(distinct to_key) as neighbour_count
    from customer_links
    group by customer_id, from_key
),

longest_ways as (
    -- A way leads only through identifiers that have two neighbours or more.
    select
        customer_id,
        1 + sum(case when neighbour_count > 1 then 1 else 0 end) as longest_distance
    from neighbours_counted
    group by customer_id
),

reached as (
    select
        customer_id,
        from_key as node_key,
        0 as distance
    from customer_links
    where from_value = {{ from_text }}
    union
    select
        customer_links.customer_id,
        customer_links.to_key as node_key,
        reached.distance + 1 as distance
    from reached
    inner join customer_links
        on
            reached.customer_id = customer_links.customer_id
            and reached.node_key = customer_links.from_key
    inner join longest_ways
        on reached.customer_id = longest_ways.customer_id
    where reached.distance < longest_ways.longest_distance
),

distances as (
    select
        customer_id,
        node_key,
        min(distance) as distance
    from reached
    group by customer_id, node_key
),

steps_ranked as (
    select
        customer_links.customer_id,
        distances_to.distance,
        customer_links.from_key,
        customer_links.to_key,
        customer_links.to_type,
        customer_links.to_value,
        customer_links.link_rule,
        customer_links.evidence,
        row_number() over (
            partition by customer_links.customer_id, customer_links.to_key
            order by customer_links.from_key, customer_links.link_rule
        ) as step_rank
    from customer_links
    inner join distances as distances_from
        on
            customer_links.customer_id = distances_from.customer_id
            and customer_links.from_key = distances_from.node_key
    inner join distances as distances_to
        on
            customer_links.customer_id = distances_to.customer_id
            and customer_links.to_key = distances_to.node_key
    where distances_to.distance = distances_from.distance + 1
),

path as (
    select
        customer_id,
        distance,
        from_key,
        to_type,
        to_value,
        link_rule,
        evidence
    from (
        select
            steps_ranked.*,
            row_number() over (
                partition by customer_id
                order by distance, to_key
            ) as target_rank
        from steps_ranked
        where
            step_rank = 1
            and to_value = {{ to_text }}
    ) as targets
    where target_rank = 1
    union all
    select
        steps_ranked.customer_id,
        steps_ranked.distance,
        steps_ranked.from_key,
        steps_ranked.to_type,
        steps_ranked.to_value,
        steps_ranked.link_rule,
        steps_ranked.evidence
    from path
    inner join steps_ranked
        on
            path.customer_id = steps_ranked.customer_id
            and path.from_key = steps_ranked.to_key
            and steps_ranked.step_rank = 1
)

select
    customer_id,
    distance as step,
    from_key as from_identifier,
    to_type as identifier_type,
    to_value as identifier_value,
    link_rule,
    evidence
from path
order by customer_id, step
{%- endmacro %}
