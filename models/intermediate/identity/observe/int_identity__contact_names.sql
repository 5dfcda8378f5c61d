with

contacts as (
    select * from {{ ref('stg_contact__contacts') }}
),

nicknames as (
    select * from {{ ref('nicknames') }}
),

keyed as (
    select
        brand_id,
        contact_id,
        {{ given_name_key('first_name') }} as written_given_name,
        {{ surname_key('last_name') }} as surname,
        -- Day and month swapped by a till is no contradiction: both spellings give one key.
        case
            when birth_date is not null
                then concat(
                    lpad(cast(extract(year from birth_date) as {{ type_string() }}), 4, '0'),
                    '-',
                    lpad(
                        cast(
                            least(extract(month from birth_date), extract(day from birth_date))
                            as {{ type_string() }}
                        ),
                        2,
                        '0'
                    ),
                    '-',
                    lpad(
                        cast(
                            greatest(extract(month from birth_date), extract(day from birth_date))
                            as {{ type_string() }}
                        ),
                        2,
                        '0'
                    )
                )
        end as birth_key
    from contacts
),

nicknames_resolved as (
    select
        keyed.brand_id,
        keyed.contact_id,
        coalesce(nicknames.canonical_name, keyed.written_given_name) as given_name,
        keyed.surname,
        keyed.birth_key
    from keyed
    left join nicknames
        on keyed.written_given_name = nicknames.name_key
)

select * from nicknames_resolved
where given_name is not null
