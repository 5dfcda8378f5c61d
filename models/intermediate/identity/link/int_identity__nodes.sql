{#
    What the graph is made of. A usable identifier is one node; an identifier that a few
    contradicting people share is one node per person, and a set of identifiers whose person is not
    known has no node for it.
#}
-- depends_on: {{ ref('int_changes__set_people') }}
{{ config(materialized=made_by_key()) }}

with observations as (
    select * from {{ ref('int_identity__observations') }}
),

identifiers as (
    select * from {{ ref('int_identity__identifiers') }}
),

observed_people as (
    select * from {{ ref('int_identity__observed_people') }}
),

person_keys as (
    select * from {{ ref('int_identity__person_keys') }}
),

usable_observations as (
    select
        observations.identifier_set_id,
        observations.identifier_id,
        observations.identifier_key,
        observations.identifier_type,
        observations.scope_id,
        observations.controller_id,
        observations.brand_id,
        observations.identifier_value,
        observations.priority,
        observations.first_seen_at,
        observations.last_seen_at,
        observations.record_count,
        identifiers.is_split_by_person,
        identifiers.only_person_key,
        identifiers.only_birth_key
    from observations
    inner join identifiers
        on observations.identifier_id = identifiers.identifier_id
    where identifiers.is_usable
),

people_assigned as (
    select
        usable_observations.identifier_set_id,
        usable_observations.identifier_id,
        usable_observations.identifier_key,
        usable_observations.identifier_type,
        usable_observations.scope_id,
        usable_observations.controller_id,
        usable_observations.brand_id,
        usable_observations.identifier_value,
        usable_observations.priority,
        usable_observations.first_seen_at,
        usable_observations.last_seen_at,
        usable_observations.record_count,
        usable_observations.is_split_by_person,
        case
            when usable_observations.is_split_by_person then person_keys.person_key
            else usable_observations.only_person_key
        end as person_key,
        usable_observations.only_birth_key as birth_key
    from usable_observations
    left join observed_people
        on
            usable_observations.identifier_set_id = observed_people.identifier_set_id
            and usable_observations.identifier_id = observed_people.identifier_id
    left join person_keys
        on
            observed_people.identifier_id = person_keys.identifier_id
            and observed_people.given_name = person_keys.given_name
            and coalesce(observed_people.surname, '') = coalesce(person_keys.surname, '')
            and coalesce(observed_people.birth_key, '') = coalesce(person_keys.birth_key, '')
),

keyed as (
    select
        identifier_set_id,
        identifier_id,
        case
            when is_split_by_person then concat(identifier_key, '#', person_key)
            else identifier_key
        end as node_key,
        identifier_type,
        scope_id,
        controller_id,
        brand_id,
        identifier_value,
        priority,
        is_split_by_person,
        person_key,
        birth_key,
        first_seen_at,
        last_seen_at,
        record_count
    from people_assigned
    where not is_split_by_person or person_key is not null
),

numbered as (
    select
        identifier_set_id,
        {{ hash_bigint('node_key') }} as node_id,
        node_key,
        identifier_id,
        identifier_type,
        scope_id,
        controller_id,
        brand_id,
        identifier_value,
        priority,
        is_split_by_person,
        person_key,
        birth_key,
        first_seen_at,
        last_seen_at,
        record_count,
        -- The strongest identifier of a record is the hub of its links and decides whose it is.
        row_number() over (
            partition by identifier_set_id
            order by priority, node_key
        ) as node_rank
    from keyed
)

select * from numbered
