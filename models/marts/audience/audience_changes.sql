{#
    History that cannot be computed from the landing data, because it is about builds: it survives a
    full refresh. Who was a member when the last build ended follows from the log itself, so nothing
    else needs to be kept, and a build that finds the same members writes nothing.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='append_new_columns'
) }}

with

members as (
    select * from {{ ref('audience_members') }}
),

candidates as (
    select * from {{ ref('audience_candidates') }}
),

customers as (
    select * from {{ ref('int_identity__customers') }}
),

identity_redirects as (
    select * from {{ ref('identity_redirects') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

changes_before as (
    {% if is_incremental() %}
        select
            audience_name,
            customer_id,
            brand_id,
            change,
            previous_customer_id,
            build_number
        from {{ this }}
    {% else %}
        select
            cast(null as {{ type_string() }}) as audience_name,
            cast(null as {{ type_string() }}) as customer_id,
            cast(null as {{ type_string() }}) as brand_id,
            cast(null as {{ type_string() }}) as change,
            cast(null as {{ type_string() }}) as previous_customer_id,
            cast(null as bigint) as build_number
        from as_of
        where 1 = 2
    {% endif %}
),

builds_counted as (
    select coalesce(max(build_number), 0) + 1 as build_number
    from changes_before
),

-- Each change says of one id or two whether it is a member from then on.
memberships_told as (
    select
        audience_name,
        customer_id,
        brand_id,
        build_number,
        case when change = 'left' then 0 else 1 end as is_member
    from changes_before

    union all

    select
        audience_name,
        previous_customer_id as customer_id,
        brand_id,
        build_number,
        0 as is_member
    from changes_before
    where previous_customer_id is not null and previous_customer_id <> customer_id
),

memberships_ranked as (
    select
        audience_name,
        customer_id,
        brand_id,
        is_member,
        row_number() over (
            partition by audience_name, customer_id, brand_id
            order by build_number desc, is_member desc
        ) as recency_rank
    from memberships_told
),

members_before as (
    select audience_name, customer_id, brand_id
    from memberships_ranked
    where recency_rank = 1 and is_member = 1
),

-- Where an id that is gone went to, by the redirect that it died with; of several with most of its
-- identifiers. A part that it lost while it lived is somebody else.
redirects_ranked as (
    select
        identity_redirects.old_customer_id,
        identity_redirects.new_customer_id,
        row_number() over (
            partition by identity_redirects.old_customer_id
            order by
                identity_redirects.redirected_at desc,
                identity_redirects.earlier_redirect_count desc,
                identity_redirects.moved_identifier_count desc,
                identity_redirects.new_customer_id
        ) as redirect_rank
    from identity_redirects
    left join customers
        on identity_redirects.old_customer_id = customers.customer_id
    where
        not identity_redirects.is_old_id_alive
        and customers.customer_id is null
),

moves_by_one as (
    select old_customer_id, new_customer_id
    from redirects_ranked
    where redirect_rank = 1 and new_customer_id is not null
),

-- Builds in which this model did not run may have moved an id again and again: each of these steps
-- doubles how many moves are followed, to eight.
moves_by_two as (
    select
        moves_by_one.old_customer_id,
        coalesce(next_moves.new_customer_id, moves_by_one.new_customer_id) as new_customer_id
    from moves_by_one
    left join moves_by_one as next_moves
        on moves_by_one.new_customer_id = next_moves.old_customer_id
),

moves_by_four as (
    select
        moves_by_two.old_customer_id,
        coalesce(next_moves.new_customer_id, moves_by_two.new_customer_id) as new_customer_id
    from moves_by_two
    left join moves_by_two as next_moves
        on moves_by_two.new_customer_id = next_moves.old_customer_id
),

moves as (
    select
        moves_by_four.old_customer_id,
        coalesce(next_moves.new_customer_id, moves_by_four.new_customer_id) as new_customer_id
    from moves_by_four
    left join moves_by_four as next_moves
        on moves_by_four.new_customer_id = next_moves.old_customer_id
),

members_followed as (
    select
        members_before.audience_name,
        coalesce(moves.new_customer_id, members_before.customer_id) as customer_id,
        members_before.brand_id,
        members_before.customer_id as previous_customer_id
    from members_before
    left join moves
        on members_before.customer_id = moves.old_customer_id
),

changes_found as (
    select
        coalesce(members.audience_name, members_followed.audience_name) as audience_name,
        coalesce(members.customer_id, members_followed.customer_id) as customer_id,
        coalesce(members.brand_id, members_followed.brand_id) as brand_id,
        case
            when members_followed.audience_name is null then 'entered'
            when members.audience_name is null then 'left'
            else 'moved'
        end as change,
        case
            when members_followed.customer_id <> members_followed.previous_customer_id
                then members_followed.previous_customer_id
        end as previous_customer_id,
        members.is_held_out,
        members.entered_at
    from members
    full outer join members_followed
        on
            members.audience_name = members_followed.audience_name
            and members.customer_id = members_followed.customer_id
            and members.brand_id = members_followed.brand_id
    where
        members.audience_name is null
        or members_followed.audience_name is null
        or members_followed.customer_id <> members_followed.previous_customer_id
),

changes_explained as (
    select
        {{ hash_text(
            "concat(changes_found.audience_name, '|', changes_found.customer_id, '|', "
            ~ "changes_found.brand_id, '|', coalesce(changes_found.previous_customer_id, ''), '|', "
            ~ "cast(builds_counted.build_number as " ~ type_string() ~ "))"
        ) }} as audience_change_id,
        changes_found.audience_name,
        changes_found.customer_id,
        changes_found.brand_id,
        changes_found.change,
        case
            when changes_found.change = 'left'
                then
                    case
                        when customers.customer_id is null then 'customer_gone'
                        else coalesce(candidates.excluded_reason, 'no_longer_qualifies')
                    end
        end as reason,
        changes_found.previous_customer_id,
        changes_found.is_held_out,
        changes_found.entered_at,
        as_of.as_of_at as changed_at,
        builds_counted.build_number
    from changes_found
    cross join builds_counted
    cross join as_of
    left join customers
        on changes_found.customer_id = customers.customer_id
    left join candidates
        on
            changes_found.audience_name = candidates.audience_name
            and changes_found.customer_id = candidates.customer_id
            and changes_found.brand_id = candidates.brand_id
)

select * from changes_explained
