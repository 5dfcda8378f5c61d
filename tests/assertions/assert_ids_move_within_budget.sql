-- A delivery that gives many customers another id (an export with its columns swapped, say) stops
-- the build before identity_redirects and all that follows; see max_changed_id_share.
with

id_changes as (
    select * from {{ ref('int_identity__id_changes') }}
),

counted as (
    select
        count(distinct old_customer_id) as changed_customer_count,
        max(old_customer_count) as old_customer_count
    from id_changes
)

select *
from counted
where
    changed_customer_count > {{ var('changed_ids_never_too_many') }}
    and changed_customer_count > {{ var('max_changed_id_share') }} * old_customer_count
