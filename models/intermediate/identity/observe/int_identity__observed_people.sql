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

sole_names as (
    select
        names_by_identifier.identifier_id,
        min(names_by_identifier.given_name) as given_name,
        min(names_by_identifier.surname) as surname,
        min(names_by_identifier.birth_key) as birth_key
    from names_by_identifier
    left join crowded_identifiers
        on names_by_identifier.identifier_id = crowded_identifiers.identifier_id
    where crowded_identifiers.identifier_id is null
    group by names_by_identifier.identifier_id
    having
        count(distinct names_by_identifier.given_name) = 1
        and count(distinct names_by_identifier.surname) <= 1
        and count(distinct names_by_identifier.birth_key) <= 1
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

set_names as (
    select
        identifier_set_id,
        given_name,
        surname,
        birth_key
    from names_ranked
    where telling_rank = 1
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
    from telling_observations as observed
    inner join telling_observations as other
        on
            observed.identifier_set_id = other.identifier_set_id
            and observed.identifier_id <> other.identifier_id
    left join set_names
        on observed.identifier_set_id = set_names.identifier_set_id
    where
        other.identifier_type <> 'voucher_code'
        and set_names.identifier_set_id is null
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
