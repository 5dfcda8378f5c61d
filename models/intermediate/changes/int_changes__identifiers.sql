{{ config(materialized=tells_changes(), key='identifier_id') }}

-- The number of an identifier stands for its type, scope and value: they need no hash of their own.
with observations as (
    select
        identifier_set_id,
        identifier_id,
        identifier_type,
        scope_id,
        controller_id,
        brand_id,
        identifier_value,
        identifier_role,
        priority,
        first_seen_at,
        last_seen_at,
        record_count
    from {{ ref('int_identity__observations') }}
),

observations_told as (
    select
        identifier_set_id,
        identifier_id,
        controller_id,
        brand_id,
        identifier_role,
        priority,
        first_seen_at,
        last_seen_at,
        record_count
    from observations
),

observed_people as (
    select * from {{ ref('int_identity__observed_people') }}
),

placeholder_matches as (
    select * from {{ ref('int_identity__placeholder_matches') }}
),

vouchers as (
    select * from {{ ref('int_identity__vouchers') }}
),

rows_hashed as (
    select
        identifier_id,
        {{ hash_relation_row('observations_told') }} as row_hash
    from observations_told

    union all

    select
        identifier_id,
        {{ hash_relation_row('observed_people') }} as row_hash
    from observed_people

    union all

    select
        identifier_id,
        {{ hash_relation_row('placeholder_matches') }} as row_hash
    from placeholder_matches

    union all

    select
        observations.identifier_id,
        {{ hash_relation_row('vouchers') }} as row_hash
    from observations
    inner join vouchers
        on
            observations.scope_id = vouchers.brand_id
            and observations.identifier_value = vouchers.voucher_code
    where observations.identifier_type = 'voucher_code'
),

-- A sum, since it asks for no order of the rows.
states_summed as (
    select
        identifier_id,
        sum(cast(row_hash as decimal(20, 0))) as state
    from rows_hashed
    group by identifier_id
)

select * from states_summed
