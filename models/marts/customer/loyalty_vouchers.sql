with vouchers as (
    select
        program_id,
        brand_id,
        voucher_code,
        loyalty_card_id,
        customer_id,
        used_brand_id,
        order_id,
        issued_at,
        used_at,
        is_used,
        days_to_use
    from {{ ref('int_loyalty__vouchers') }}
),

orders as (
    select brand_id, order_id, total_amount
    from {{ ref('int_transaction__orders') }}
    where is_counted
),

as_of as (
    select as_of_at, as_of_date
    from {{ ref('int_operations__as_of') }}
),

vouchers_measured as (
    select
        vouchers.program_id,
        vouchers.brand_id,
        vouchers.voucher_code,
        vouchers.loyalty_card_id,
        vouchers.customer_id,
        vouchers.used_brand_id,
        vouchers.order_id,
        as_of.as_of_date,
        orders.total_amount as order_amount,
        vouchers.days_to_use,
        cast(
            case
                when not vouchers.is_used
                    then
                        floor(
                            (
                                {{ epoch_microseconds('as_of.as_of_at') }}
                                - {{ epoch_microseconds('vouchers.issued_at') }}
                            ) / 8.64e10
                        )
            end as integer
        ) as days_waiting,
        vouchers.is_used,
        vouchers.issued_at,
        vouchers.used_at
    from vouchers
    cross join as_of
    left join orders
        on
            vouchers.used_brand_id = orders.brand_id
            and vouchers.order_id = orders.order_id
)

select * from vouchers_measured
