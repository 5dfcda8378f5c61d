{{ config(materialized=tells_changes(), key='identifier_set_id') }}

-- What int_identity__nodes asks of a set, and no more: whose it is matters only where an identifier
-- is shared by people who contradict one another.
with observations as (
    select
        identifier_set_id,
        identifier_id,
        controller_id,
        brand_id,
        priority,
        first_seen_at,
        last_seen_at,
        record_count
    from {{ ref('int_identity__observations') }}
),

identifiers as (
    select
        identifier_id,
        is_split_by_person,
        only_person_key,
        only_birth_key
    from {{ ref('int_identity__identifiers') }}
    where is_usable
),

observed_people as (
    select
        identifier_set_id,
        identifier_id,
        given_name,
        surname,
        birth_key
    from {{ ref('int_identity__observed_people') }}
),

person_keys as (
    select * from {{ ref('int_identity__person_keys') }}
),

split_person_keys as (
    select person_keys.*
    from person_keys
    inner join identifiers
        on person_keys.identifier_id = identifiers.identifier_id
    where identifiers.is_split_by_person
),

rows_hashed as (
    select
        observations.identifier_set_id,
        {{ hash_relation_row('observations') }} as row_hash,
        {{ hash_relation_row('identifiers') }} as bond_hash
    from observations
    inner join identifiers
        on observations.identifier_id = identifiers.identifier_id

    union all

    select
        observed_people.identifier_set_id,
        {{ hash_relation_row('observed_people') }} as row_hash,
        {{ hash_relation_row('split_person_keys') }} as bond_hash
    from observed_people
    inner join split_person_keys
        on
            observed_people.identifier_id = split_person_keys.identifier_id
            and observed_people.given_name = split_person_keys.given_name
            and coalesce(observed_people.surname, '') = coalesce(split_person_keys.surname, '')
            and coalesce(observed_people.birth_key, '')
            = coalesce(split_person_keys.birth_key, '')
),

-- A row is hashed whole: two hashes that only stood side by side could change places.
states_summed as (
    select
        identifier_set_id,
        sum(cast({{ hash_relation_row('rows_hashed') }} as decimal(20, 0))) as state
    from rows_hashed
    group by identifier_set_id
)

select * from states_summed
