with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
    where is_restricted
),

loyalty_vouchers as (
    select brand_id, voucher_code, customer_id, issued_at
    from {{ ref('loyalty_vouchers') }}
    where not is_used and customer_id is not null
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

vouchers_ranked as (
    select
        loyalty_vouchers.customer_id,
        loyalty_vouchers.brand_id,
        loyalty_vouchers.voucher_code,
        loyalty_vouchers.issued_at,
        row_number() over (
            partition by loyalty_vouchers.customer_id, loyalty_vouchers.brand_id
            order by loyalty_vouchers.issued_at, loyalty_vouchers.voucher_code
        ) as expiry_rank
    from loyalty_vouchers
    cross join as_of
    where
        {{ has_passed_days(
            'loyalty_vouchers.issued_at',
            'as_of.as_of_at',
            var('voucher_valid_days') - var('voucher_expiring_days')
        ) }}
        and {{ is_within_days(
            'loyalty_vouchers.issued_at', 'as_of.as_of_at', var('voucher_valid_days')
        ) }}
),

first_to_expire as (
    select
        customer_id,
        brand_id,
        voucher_code,
        {{ add_days('issued_at', var('voucher_valid_days')) }} as expires_at,
        {{ add_days('issued_at', var('voucher_valid_days') - var('voucher_expiring_days')) }}
            as entered_at
    from vouchers_ranked
    where expiry_rank = 1
),

permitted as (
    select first_to_expire.*
    from first_to_expire
    left join profiling_stops
        on
            first_to_expire.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = first_to_expire.brand_id
    where profiling_stops.customer_id is null
)

select * from permitted
