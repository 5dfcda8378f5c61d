{#
    History that cannot be computed from the landing data, because it is about builds: it survives a
    full refresh. Only what moved since the last build is looked at.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail'
) }}

with

previous as (
    {{ previous_assignments() }}
),

customer_nodes as (
    select * from {{ ref('int_identity__customer_nodes') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
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

reasons_told as (
    select
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
        still_there.customer_id is not null as is_old_id_alive
    from moves_gathered
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
),

redirects as (
    select
        {{ hash_text(
            "concat(old_customer_id, '|', coalesce(new_customer_id, ''), '|', reason, '|', "
            ~ "cast(as_of.as_of_at as " ~ type_string() ~ "), '|', evidence_key_hash, '|', "
            ~ "cast(redirect_count as " ~ type_string() ~ "))"
        ) }} as redirect_id,
        reasons_told.old_customer_id,
        reasons_told.new_customer_id,
        reasons_told.reason,
        reasons_told.is_old_id_alive,
        reasons_told.moved_identifier_count,
        reasons_told.evidence_key_hash,
        as_of.as_of_at as redirected_at
    from reasons_told
    cross join as_of
    where
        -- An identifier that merely vanished (a corrected e-mail) is no redirect while its customer
        -- lives, under this id or another.
        reasons_told.new_customer_id is not null
        or (not reasons_told.is_old_id_alive and reasons_told.destination_count = 0)
)

-- A build that failed after this model finds the same assignments and the same count of redirects
-- again, so it adds nothing twice; a merge that comes back after a split has a higher count.
select * from redirects
{% if is_incremental() %}
    where redirect_id not in (select known.redirect_id from {{ this }} as known)
{% endif %}
