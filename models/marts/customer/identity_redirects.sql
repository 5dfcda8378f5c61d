{#
    History that cannot be computed from the landing data, because it is about builds: it survives a
    full refresh, and takes a new column into what is there: it cannot be built anew.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='append_new_columns'
) }}

with

id_changes as (
    select * from {{ ref('int_identity__id_changes') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

redirects as (
    select
        {{ hash_text(
            "concat(old_customer_id, '|', coalesce(new_customer_id, ''), '|', reason, '|', "
            ~ "cast(as_of.as_of_at as " ~ type_string() ~ "), '|', evidence_key_hash, '|', "
            ~ "cast(redirect_count as " ~ type_string() ~ "))"
        ) }} as redirect_id,
        id_changes.old_customer_id,
        id_changes.new_customer_id,
        id_changes.reason,
        id_changes.is_old_id_alive,
        id_changes.moved_identifier_count,
        id_changes.evidence_key_hash,
        as_of.as_of_at as redirected_at,
        id_changes.redirect_count as earlier_redirect_count
    from id_changes
    cross join as_of
    where
        -- An identifier that merely vanished (a corrected e-mail) is no redirect while its customer
        -- lives, under this id or another.
        id_changes.new_customer_id is not null
        or (not id_changes.is_old_id_alive and id_changes.destination_count = 0)
)

-- A build that failed after this model finds the same assignments and the same count of redirects
-- again, so it adds nothing twice; a merge that comes back after a split has a higher count.
select * from redirects
{% if is_incremental() %}
    where redirect_id not in (select known.redirect_id from {{ this }} as known)
{% endif %}
