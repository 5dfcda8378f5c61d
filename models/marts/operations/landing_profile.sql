with

landing_measures as (
    select
        feed,
        brand_id,
        load_date,
        column_name,
        measure,
        column_value,
        measured_number
    from {{ ref('int_operations__landing_measures') }}
),

landing_quality as (
    select
        feed,
        brand_id,
        load_date,
        column_name,
        row_count,
        null_count,
        unreadable_count + unknown_value_count + out_of_range_count as breach_count,
        repaired_count
    from {{ ref('landing_quality') }}
),

united as (
    select
        feed,
        brand_id,
        load_date,
        column_name,
        measure,
        column_value,
        measured_number
    from landing_measures

    union all

    select
        feed,
        brand_id,
        load_date,
        column_name,
        'null_share' as measure,
        '' as column_value,
        {{ decimal_quotient('null_count', 'row_count', 6) }} as measured_number
    from landing_quality

    union all

    select
        feed,
        brand_id,
        load_date,
        column_name,
        'breach_share' as measure,
        '' as column_value,
        {{ decimal_quotient('breach_count', 'row_count', 6) }} as measured_number
    from landing_quality

    union all

    select
        feed,
        brand_id,
        load_date,
        column_name,
        'repaired_share' as measure,
        '' as column_value,
        {{ decimal_quotient('repaired_count', 'row_count', 6) }} as measured_number
    from landing_quality
),

typed as (
    select
        feed,
        brand_id,
        load_date,
        column_name,
        measure,
        column_value,
        cast(measured_number as decimal(24, 6)) as measured_number
    from united
)

select * from typed
