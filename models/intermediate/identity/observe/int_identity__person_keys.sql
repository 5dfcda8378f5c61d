{#
    Which of the names seen with an identifier are one person and which contradict one another.

    A person key is an equivalence, not a comparison of pairs, so three names cannot be told apart
    in one order and joined in another: the same first name (nicknames resolved) is one person,
    unless two birth dates or three surnames say otherwise; an initial or a short form is the one
    person it can stand for. Two surnames with one first name are a maiden name. A null key says
    that the record cannot be given to one of the people: it is left to its other identifiers.
#}
-- depends_on: {{ ref('int_changes__identifiers') }}
{{ config(materialized=made_by_key()) }}

with observed_people as (
    select * from {{ ref('int_identity__observed_people') }}
),

short_names as (
    select * from {{ ref('short_names') }}
),

profiles as (
    select
        identifier_id,
        given_name,
        surname,
        birth_key
    from observed_people
    where given_name is not null
    group by identifier_id, given_name, surname, birth_key
),

given_names as (
    select
        identifier_id,
        given_name
    from profiles
    group by identifier_id, given_name
),

short_forms_matched as (
    -- An initial fits every name that begins with it, a short form those that seeds/short_names.csv
    -- lists.
    select
        shorts.identifier_id,
        shorts.given_name as short_form,
        count(*) as candidate_count,
        min(fulls.given_name) as only_candidate
    from given_names as shorts
    inner join given_names as fulls
        on
            shorts.identifier_id = fulls.identifier_id
            and length(fulls.given_name) > 1
            and shorts.given_name <> fulls.given_name
    left join short_names
        on
            shorts.given_name = short_names.short_name
            and fulls.given_name = short_names.full_name
    where
        short_names.short_name is not null
        or (
            length(shorts.given_name) = 1
            and shorts.given_name = substr(fulls.given_name, 1, 1)
        )
    group by shorts.identifier_id, shorts.given_name
),

short_forms_resolved as (
    select
        profiles.identifier_id,
        profiles.given_name,
        profiles.surname,
        profiles.birth_key,
        case
            when short_forms_matched.short_form is null then profiles.given_name
            when short_forms_matched.candidate_count = 1 then short_forms_matched.only_candidate
        end as person_given_name
    from profiles
    left join short_forms_matched
        on
            profiles.identifier_id = short_forms_matched.identifier_id
            and profiles.given_name = short_forms_matched.short_form
),

namesakes_counted as (
    select
        identifier_id,
        person_given_name,
        count(distinct birth_key) as birth_key_count,
        count(distinct surname) as surname_count
    from short_forms_resolved
    where person_given_name is not null
    group by identifier_id, person_given_name
),

person_keys as (
    select
        short_forms_resolved.identifier_id,
        short_forms_resolved.given_name,
        short_forms_resolved.surname,
        short_forms_resolved.birth_key,
        case
            when namesakes_counted.birth_key_count > 1
                then concat(
                    short_forms_resolved.person_given_name,
                    ' ',
                    coalesce(short_forms_resolved.birth_key, '')
                )
            when
                namesakes_counted.surname_count > 2
                and namesakes_counted.birth_key_count = 0
                then concat(
                    short_forms_resolved.person_given_name,
                    ' ',
                    coalesce(short_forms_resolved.surname, '')
                )
            else short_forms_resolved.person_given_name
        end as person_key
    from short_forms_resolved
    left join namesakes_counted
        on
            short_forms_resolved.identifier_id = namesakes_counted.identifier_id
            and short_forms_resolved.person_given_name = namesakes_counted.person_given_name
)

select * from person_keys
