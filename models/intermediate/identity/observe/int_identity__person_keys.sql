{#
    Which of the names seen with an identifier are one person and which contradict one another.

    A person key is an equivalence, not a comparison of pairs, so three names cannot be told apart in
    one order and joined in another: the same first name (nicknames resolved) is one person, unless two
    birth dates or three surnames say otherwise; an initial is the one person it can stand for. Two
    surnames with one first name are a maiden name. A null key says that the record cannot be
    given to one of the people: it is left to its other identifiers.
#}
with

observed_people as (
    select * from {{ ref('int_identity__observed_people') }}
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

full_given_names as (
    select
        identifier_id,
        given_name
    from profiles
    where length(given_name) > 1
    group by identifier_id, given_name
),

initials_matched as (
    select
        profiles.identifier_id,
        profiles.given_name as initial,
        count(full_given_names.given_name) as candidate_count,
        min(full_given_names.given_name) as only_candidate
    from (
        select
            identifier_id,
            given_name
        from profiles
        where length(given_name) = 1
        group by identifier_id, given_name
    ) as profiles
    left join full_given_names
        on
            profiles.identifier_id = full_given_names.identifier_id
            and profiles.given_name = substr(full_given_names.given_name, 1, 1)
    group by profiles.identifier_id, profiles.given_name
),

initials_resolved as (
    select
        profiles.identifier_id,
        profiles.given_name,
        profiles.surname,
        profiles.birth_key,
        case
            when initials_matched.initial is null then profiles.given_name
            when initials_matched.candidate_count = 0 then profiles.given_name
            when initials_matched.candidate_count = 1 then initials_matched.only_candidate
        end as person_given_name
    from profiles
    left join initials_matched
        on
            profiles.identifier_id = initials_matched.identifier_id
            and profiles.given_name = initials_matched.initial
),

namesakes_counted as (
    select
        identifier_id,
        person_given_name,
        count(distinct birth_key) as birth_key_count,
        count(distinct surname) as surname_count
    from initials_resolved
    where person_given_name is not null
    group by identifier_id, person_given_name
),

person_keys as (
    select
        initials_resolved.identifier_id,
        initials_resolved.given_name,
        initials_resolved.surname,
        initials_resolved.birth_key,
        case
            when namesakes_counted.birth_key_count > 1
                then concat(initials_resolved.person_given_name, ' ', initials_resolved.birth_key)
            when
                namesakes_counted.surname_count > 2
                and namesakes_counted.birth_key_count = 0
                then concat(initials_resolved.person_given_name, ' ', initials_resolved.surname)
            else initials_resolved.person_given_name
        end as person_key
    from initials_resolved
    left join namesakes_counted
        on
            initials_resolved.identifier_id = namesakes_counted.identifier_id
            and initials_resolved.person_given_name = namesakes_counted.person_given_name
)

select * from person_keys
