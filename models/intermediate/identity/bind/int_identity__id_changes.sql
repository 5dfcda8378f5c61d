{#
    What became of the customers of the last build. It is judged (assert_ids_move_within_budget)
    before identity_redirects writes it down, so that a broken delivery leaves no history of itself.
#}
with

previous as (
    {{ previous_assignments() }}
),

customer_nodes as (
    select * from {{ ref('int_identity__customer_nodes') }}
),

nodes_moved as (
    select
        previous.customer_id as old_customer_id,
        customer_nodes.customer_id as new_customer_id,
        previous.node_key,
        previous.redirect_count
    from previous
    left join customer_nodes
        on previous.node_key = customer_nodes.node_key
    where
        customer_nodes.customer_id is null
        or previous.customer_id <> customer_nodes.customer_id
),

old_customers as (
    select customer_id
    from previous
    group by customer_id
),

old_customers_counted as (
    select count(*) as old_customer_count
    from old_customers
),

new_customers as (
    select customer_id
    from customer_nodes
    group by customer_id
),

moves_gathered as (
    select
        old_customer_id,
        new_customer_id,
        count(*) as moved_identifier_count,
        min(node_key) as evidence_key,
        min(redirect_count) as redirect_count
    from nodes_moved
    group by old_customer_id, new_customer_id
),

destinations_counted as (
    select
        old_customer_id,
        count(new_customer_id) as destination_count
    from moves_gathered
    group by old_customer_id
),

origins_counted as (
    select
        new_customer_id,
        count(*) as origin_count
    from moves_gathered
    where new_customer_id is not null
    group by new_customer_id
),

founders_moved as (
    -- The id is the hash of its founder. Where the founder is in no customer now, it was erased or
    -- is no longer a node of the graph.
    select old_customer_id
    from nodes_moved
    where
        new_customer_id is not null
        and old_customer_id = {{ hash_text('node_key') }}
    group by old_customer_id
),

id_changes as (
    select
        {{ hash_text(
            "concat(moves_gathered.old_customer_id, '|', "
            ~ "coalesce(moves_gathered.new_customer_id, ''))"
        ) }} as id_change_id,
        moves_gathered.old_customer_id,
        moves_gathered.new_customer_id,
        case
            when moves_gathered.new_customer_id is null then 'gone'
            when still_there.customer_id is not null or destinations_counted.destination_count > 1
                then 'split'
            -- Two customers may also meet in one that neither of them was: the record that joins
            -- them holds an identifier older than both.
            when known_before.customer_id is not null or origins_counted.origin_count > 1
                then 'merge'
            when founders_moved.old_customer_id is null then 'founder_gone'
            else 'earlier_founder'
        end as reason,
        moves_gathered.moved_identifier_count,
        moves_gathered.redirect_count,
        destinations_counted.destination_count,
        {{ hash_text('moves_gathered.evidence_key') }} as evidence_key_hash,
        still_there.customer_id is not null as is_old_id_alive,
        old_customers_counted.old_customer_count
    from moves_gathered
    cross join old_customers_counted
    inner join destinations_counted
        on moves_gathered.old_customer_id = destinations_counted.old_customer_id
    left join origins_counted
        on moves_gathered.new_customer_id = origins_counted.new_customer_id
    left join founders_moved
        on moves_gathered.old_customer_id = founders_moved.old_customer_id
    left join new_customers as still_there
        on moves_gathered.old_customer_id = still_there.customer_id
    left join old_customers as known_before
        on moves_gathered.new_customer_id = known_before.customer_id
)

select * from id_changes
