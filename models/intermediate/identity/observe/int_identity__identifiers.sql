-- depends_on: {{ ref('int_changes__identifiers') }}
{{ config(materialized=made_by_key()) }}

with observations as (
    select * from {{ ref('int_identity__observations') }}
),

observed_people as (
    select * from {{ ref('int_identity__observed_people') }}
),

person_keys as (
    select * from {{ ref('int_identity__person_keys') }}
),

placeholder_matches as (
    select * from {{ ref('int_identity__placeholder_matches') }}
),

vouchers as (
    select * from {{ ref('int_identity__vouchers') }}
),

identity_decisions as (
    select * from {{ ref('identity_decisions') }}
),

identifiers_gathered as (
    select
        identifier_id,
        identifier_key,
        identifier_type,
        scope_id,
        min(controller_id) as controller_id,
        identifier_value,
        identifier_role,
        priority,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        cast(sum(record_count) as bigint) as record_count
    from observations
    group by
        identifier_id,
        identifier_key,
        identifier_type,
        scope_id,
        identifier_value,
        identifier_role,
        priority
),

named_people_counted as (
    -- Counted by full name, because a shop's phone may know three Jans; persons contradict one
    -- another by person_key only.
    select
        identifier_id,
        count(distinct concat(coalesce(person_key, given_name), ' ', coalesce(surname, '')))
            as named_people_count,
        count(distinct person_key) as person_key_count,
        min(person_key) as only_person_key,
        case when count(distinct birth_key) = 1 then min(birth_key) end as only_birth_key
    from person_keys
    group by identifier_id
),

nameless_counted_by_scope as (
    select
        identifier_id,
        other_identifier_type,
        other_scope_id,
        count(distinct other_identifier_id) as other_count
    from observed_people
    where other_identifier_id is not null
    group by identifier_id, other_identifier_type, other_scope_id
),

nameless_counted_by_type as (
    -- One person has a contact record and a card in each brand: the brand with the most of them
    -- tells how many people there are at least.
    select
        identifier_id,
        other_identifier_type,
        max(other_count) as other_count
    from nameless_counted_by_scope
    group by identifier_id, other_identifier_type
),

nameless_people_counted as (
    select
        identifier_id,
        cast(sum(other_count) as bigint) as nameless_people_count
    from nameless_counted_by_type
    group by identifier_id
),

denied as (
    select
        {{ identifier_node_key('identifier_type_a', 'scope_id_a', 'identifier_value_a') }}
            as identifier_key
    from identity_decisions
    where decision = 'deny_identifier'
    group by 1
),

people_counted as (
    select
        identifiers_gathered.identifier_id,
        identifiers_gathered.identifier_key,
        identifiers_gathered.identifier_type,
        identifiers_gathered.scope_id,
        identifiers_gathered.controller_id,
        identifiers_gathered.identifier_value,
        identifiers_gathered.identifier_role,
        identifiers_gathered.priority,
        identifiers_gathered.first_seen_at,
        identifiers_gathered.last_seen_at,
        identifiers_gathered.record_count,
        coalesce(named_people_counted.named_people_count, 0)
        + coalesce(nameless_people_counted.nameless_people_count, 0) as people_count,
        coalesce(named_people_counted.person_key_count, 0) as person_count,
        case
            when named_people_counted.person_key_count = 1
                then named_people_counted.only_person_key
        end as only_person_key,
        named_people_counted.only_birth_key,
        placeholder_matches.identifier_id is not null as is_placeholder,
        vouchers.issued_card_count,
        denied.identifier_key is not null as is_denied
    from identifiers_gathered
    left join named_people_counted
        on identifiers_gathered.identifier_id = named_people_counted.identifier_id
    left join nameless_people_counted
        on identifiers_gathered.identifier_id = nameless_people_counted.identifier_id
    left join placeholder_matches
        on identifiers_gathered.identifier_id = placeholder_matches.identifier_id
    left join vouchers
        -- A condition on the left side alone would make DuckDB compare every identifier with every
        -- voucher, so it is part of the key.
        on
            identifiers_gathered.scope_id = vouchers.brand_id
            and case
                when identifiers_gathered.identifier_type = 'voucher_code'
                    then identifiers_gathered.identifier_value
            end = vouchers.voucher_code
    left join denied
        on identifiers_gathered.identifier_key = denied.identifier_key
),

judged as (
    select
        identifier_id,
        identifier_key,
        identifier_type,
        scope_id,
        controller_id,
        identifier_value,
        identifier_role,
        priority,
        first_seen_at,
        last_seen_at,
        record_count,
        people_count,
        person_count,
        only_person_key,
        only_birth_key,
        person_count > 1 as is_split_by_person,
        case
            when is_denied then 'denied'
            when is_placeholder then 'placeholder'
            when identifier_role <> 'merge' then 'attribute'
            when issued_card_count > 1 then 'shared'
            when people_count > {{ var('max_people_per_identifier') }} then 'shared'
        end as unusable_reason
    from people_counted
),

identifiers as (
    select
        identifier_id,
        identifier_key,
        identifier_type,
        scope_id,
        controller_id,
        identifier_value,
        identifier_role,
        priority,
        first_seen_at,
        last_seen_at,
        record_count,
        people_count,
        person_count,
        only_person_key,
        only_birth_key,
        is_split_by_person,
        unusable_reason is null as is_usable,
        unusable_reason
    from judged
)

select * from identifiers
