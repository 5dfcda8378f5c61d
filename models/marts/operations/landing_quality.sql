with

landing_signatures as (
    select
        feed,
        brand_id,
        load_date,
        landing_signature,
        row_count
    from {{ ref('int_operations__landing_signatures') }}
),

contract_columns as (
    select
        feed,
        column_name,
        position
    from {{ contract_column_rows() }} as contract
),

lettered as (
    select
        landing_signatures.feed,
        landing_signatures.brand_id,
        landing_signatures.load_date,
        contract_columns.column_name,
        landing_signatures.row_count,
        substr(
            landing_signatures.landing_signature, contract_columns.position, 1
        ) as fate
    from landing_signatures
    inner join contract_columns on landing_signatures.feed = contract_columns.feed
),

counted as (
    select
        feed,
        brand_id,
        load_date,
        column_name,
        cast(sum(row_count) as bigint) as row_count,
        cast(sum(case when fate = 'n' then row_count else 0 end) as bigint) as null_count,
        cast(sum(case when fate = 'u' then row_count else 0 end) as bigint) as unreadable_count,
        cast(sum(case when fate = 'v' then row_count else 0 end) as bigint)
            as unknown_value_count,
        cast(sum(case when fate = 'o' then row_count else 0 end) as bigint)
            as out_of_range_count,
        cast(sum(case when fate = 'r' then row_count else 0 end) as bigint) as repaired_count
    from lettered
    group by feed, brand_id, load_date, column_name
)

select * from counted
