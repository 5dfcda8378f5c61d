{#
    Who is told by the records of a set of identifiers: the person whose name its strongest
    identifier knows (the contact record itself first of all), else, seen from each identifier, the
    strongest other one. An identifier lends its name only where it knows a single person and is not
    crowded: an info@ mailbox with one named contact would lend that name to everybody who uses it.
#}
with

observations as (
    select * from {{ ref('int_identity__observations') }}
),

contact_names as (
    select * from {{ ref('int_identity__contact_names') }}
),

placeholder_matches as (
    select * from {{ ref('int_identity__placeholder_matches') }}
),

telling_observations as (
    -- Vouchers are left out: everybody collects many of them, so they tell nobody apart.
    select
        observations.identifier_set_id,
        observations.identifier_id,
        observations.identifier_key,
        observations.identifier_type,
        observations.scope_id,
        observations.brand_id,
        observations.identifier_value,
        observations.priority
    from observations
    left join placeholder_matches
        on observations.identifier_id = placeholder_matches.identifier_id
    where
        observations.identifier_role = 'merge'
        and placeholder_matches.identifier_id is null
),

contact_names_by_set as (
    select
        telling_observations.identifier_set_id,
        telling_observations.identifier_id as contact_identifier_id,
        contact_names.given_name,
        contact_names.surname,
        contact_names.birth_key
    from telling_observations
    inner join contact_names
        on
            telling_observations.brand_id = contact_names.brand_id
            and telling_observations.identifier_value = contact_names.contact_id
    where telling_observations.identifier_type = 'contact_id'
),

names_by_identifier as (
    -- Every name that stands on a record with the identifier. A name of one letter is an initial.
    select
        telling_observations.identifier_id,
        contact_names_by_set.given_name,
        contact_names_by_set.surname,
        contact_names_by_set.birth_key
    from telling_observations
    inner join contact_names_by_set
        on telling_observations.identifier_set_id = contact_names_by_set.identifier_set_id
    where
        telling_observations.identifier_type <> 'voucher_code'
        and (
            telling_observations.identifier_type <> 'contact_id'
            or telling_observations.identifier_id = contact_names_by_set.contact_identifier_id
        )
    group by
        telling_observations.identifier_id,
        contact_names_by_set.given_name,
        contact_names_by_set.surname,
        contact_names_by_set.birth_key
),

crowded as (
    select observed.identifier_id
    from telling_observations as observed
    inner join telling_observations as other
        on
            observed.identifier_set_id = other.identifier_set_id
            and observed.identifier_id <> other.identifier_id
    where
        observed.identifier_type <> 'contact_id'
        and other.identifier_type <> 'voucher_code'
    group by observed.identifier_id, other.identifier_type, other.scope_id
    having count(distinct other.identifier_id) > {{ var('max_people_per_identifier') }}
),

crowded_identifiers as (
    select identifier_id
    from crowded
    group by identifier_id
),

-- An initial beside the one full name that it fits is that name, and has no say in the rest.
full_names_preferred as (
    select
        names_by_identifier.identifier_id,
        names_by_identifier.given_name,
        names_by_identifier.surname,
        names_by_identifier.birth_key,
        substr(names_by_identifier.given_name, 1, 1) as initial,
        length(names_by_identifier.given_name) > 1 as is_full,
        max(case when length(names_by_identifier.given_name) > 1 then 1 else 0 end) over (
            partition by names_by_identifier.identifier_id
        ) = 1 as has_full
    from names_by_identifier
    left join crowded_identifiers
        on names_by_identifier.identifier_id = crowded_identifiers.identifier_id
    where crowded_identifiers.identifier_id is null
),

sole_names as (
    select
        identifier_id,
        min(case when is_full = has_full then given_name end) as given_name,
        min(case when is_full = has_full then surname end) as surname,
        min(case when is_full = has_full then birth_key end) as birth_key
    from full_names_preferred
    group by identifier_id
    -- One value, where the least is the greatest: to count distinct ones takes four times as long.
    having
        min(initial) = max(initial)
        and min(case when is_full = has_full then given_name end)
        = max(case when is_full = has_full then given_name end)
        and coalesce(min(surname) = max(surname), true)
        and coalesce(min(birth_key) = max(birth_key), true)
),

names_ranked as (
    select
        telling_observations.identifier_set_id,
        sole_names.given_name,
        sole_names.surname,
        sole_names.birth_key,
        row_number() over (
            partition by telling_observations.identifier_set_id
            order by telling_observations.priority, telling_observations.identifier_key
        ) as telling_rank
    from telling_observations
    inner join sole_names
        on telling_observations.identifier_id = sole_names.identifier_id
    where telling_observations.identifier_type <> 'voucher_code'
),

strongest_names as (
    select
        identifier_set_id,
        given_name,
        surname,
        birth_key
    from names_ranked
    where telling_rank = 1
),

-- Whose initial it is, another identifier of the same records may know, best by the birth date: M.
-- on a card is nobody yet, M. with Michaela's phone and birth date is Michaela, and Marketa with
-- the same card is somebody else.
initials_matched as (
    select
        strongest_names.identifier_set_id,
        count(distinct names_ranked.given_name) as candidate_count,
        min(names_ranked.given_name) as candidate,
        count(distinct case
            when strongest_names.birth_key = names_ranked.birth_key then names_ranked.given_name
        end) as sure_candidate_count,
        min(case
            when strongest_names.birth_key = names_ranked.birth_key then names_ranked.given_name
        end) as sure_candidate
    from strongest_names
    inner join names_ranked
        on strongest_names.identifier_set_id = names_ranked.identifier_set_id
    where
        length(strongest_names.given_name) = 1
        and length(names_ranked.given_name) > 1
        and strongest_names.given_name = substr(names_ranked.given_name, 1, 1)
        and coalesce(strongest_names.surname, '') = coalesce(names_ranked.surname, '')
        and coalesce(strongest_names.birth_key, names_ranked.birth_key, '')
        = coalesce(names_ranked.birth_key, strongest_names.birth_key, '')
    group by strongest_names.identifier_set_id
),

names_resolved as (
    select
        strongest_names.identifier_set_id,
        case
            when initials_matched.sure_candidate_count = 1 then initials_matched.sure_candidate
            when
                initials_matched.sure_candidate_count = 0 and initials_matched.candidate_count = 1
                then initials_matched.candidate
            else strongest_names.given_name
        end as given_name,
        strongest_names.surname,
        strongest_names.birth_key
    from strongest_names
    left join initials_matched
        on strongest_names.identifier_set_id = initials_matched.identifier_set_id
),

-- A contact that never gave a name is known by the mailbox that it registered with, and where the
-- contact is seen without that mailbox (with the family's card, say) it is known all the same.
contacts_known as (
    select
        telling_observations.identifier_id,
        min(names_resolved.given_name) as given_name,
        min(names_resolved.surname) as surname,
        min(names_resolved.birth_key) as birth_key
    from telling_observations
    inner join names_resolved
        on telling_observations.identifier_set_id = names_resolved.identifier_set_id
    where telling_observations.identifier_type = 'contact_id'
    group by telling_observations.identifier_id
    having
        min(names_resolved.given_name) = max(names_resolved.given_name)
        and coalesce(min(names_resolved.surname) = max(names_resolved.surname), true)
        and coalesce(min(names_resolved.birth_key) = max(names_resolved.birth_key), true)
),

set_names as (
    select
        identifier_set_id,
        given_name,
        surname,
        birth_key
    from names_resolved

    union all

    select
        telling_observations.identifier_set_id,
        contacts_known.given_name,
        contacts_known.surname,
        contacts_known.birth_key
    from telling_observations
    inner join contacts_known
        on telling_observations.identifier_id = contacts_known.identifier_id
    left join names_resolved
        on telling_observations.identifier_set_id = names_resolved.identifier_set_id
    where names_resolved.identifier_set_id is null
),

-- The sets without a name are few, so they are found before their identifiers are paired.
nameless_observations as (
    select
        telling_observations.identifier_set_id,
        telling_observations.identifier_id,
        telling_observations.identifier_key,
        telling_observations.identifier_type,
        telling_observations.scope_id,
        telling_observations.priority
    from telling_observations
    left join set_names
        on telling_observations.identifier_set_id = set_names.identifier_set_id
    where set_names.identifier_set_id is null
),

others_ranked as (
    select
        observed.identifier_set_id,
        observed.identifier_id,
        other.identifier_id as other_identifier_id,
        other.identifier_type as other_identifier_type,
        other.scope_id as other_scope_id,
        row_number() over (
            partition by observed.identifier_set_id, observed.identifier_id
            order by other.priority, other.identifier_key
        ) as telling_rank
    from nameless_observations as observed
    inner join nameless_observations as other
        on
            observed.identifier_set_id = other.identifier_set_id
            and observed.identifier_id <> other.identifier_id
    where other.identifier_type <> 'voucher_code'
),

told as (
    select
        telling_observations.identifier_set_id,
        telling_observations.identifier_id,
        set_names.given_name,
        set_names.surname,
        set_names.birth_key,
        others_ranked.other_identifier_id,
        others_ranked.other_identifier_type,
        others_ranked.other_scope_id
    from telling_observations
    left join set_names
        on telling_observations.identifier_set_id = set_names.identifier_set_id
    left join others_ranked
        on
            telling_observations.identifier_set_id = others_ranked.identifier_set_id
            and telling_observations.identifier_id = others_ranked.identifier_id
            and others_ranked.telling_rank = 1
)

select * from told
