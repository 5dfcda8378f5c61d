with

observations as (
    select * from {{ ref('int_identity__observations') }}
),

placeholders as (
    select * from {{ ref('placeholder_identifiers') }}
),

identifiers as (
    select
        identifier_id,
        identifier_type,
        identifier_value
    from observations
    group by identifier_id, identifier_type, identifier_value
),

matched as (
    select identifiers.identifier_id
    from identifiers
    inner join placeholders
        on
            identifiers.identifier_type = placeholders.identifier_type
            and {{ lower_case('identifiers.identifier_value') }} = placeholders.value
    where placeholders.match = 'exact'

    union

    select identifiers.identifier_id
    from identifiers
    inner join placeholders
        on
            identifiers.identifier_type = placeholders.identifier_type
            and (
                (
                    placeholders.match = 'prefix'
                    and {{ lower_case('identifiers.identifier_value') }}
                    like concat(placeholders.value, '%')
                )
                or (
                    placeholders.match = 'domain'
                    and {{ lower_case('identifiers.identifier_value') }}
                    like concat('%@', placeholders.value)
                )
            )
    where placeholders.match <> 'exact'

    union

    select identifier_id
    from identifiers
    where
        identifier_type = 'phone'
        and {{ repeated_or_sequential_digits('identifier_value') }}
)

select * from matched
