-- A view, since one model reads it: a table would be written to be read once.
{{ config(materialized='view') }}

-- The lifecycle stage of each month's end over all brands: of the months that are over as it is
-- kept, of the month of as_of by what is known today.
with past_lifecycle_stages as (
    select customer_id, month_number, lifecycle_stage_with_cart, lifecycle_stage_without_cart
    from {{ ref('int_history__past_lifecycle_stages') }}
),

customers as (
    select customer_id, first_seen_at
    from {{ ref('int_identity__customers') }}
),

months as (
    select month_number, end_microseconds, is_current
    from {{ ref('int_history__months') }}
),

carts as (
    select
        customer_id,
        {{ epoch_microseconds('opened_at') }} as opened_microseconds,
        {{ epoch_microseconds('open_until_at') }} as open_until_microseconds
    from {{ ref('int_lifecycle__carts') }}
    where customer_id is not null
),

measures as (
    select
        customer_id,
        order_count,
        last_order_at,
        previous_order_at,
        last_visit_at,
        last_activity_at,
        has_open_cart
    from {{ ref('int_lifecycle__measures') }}
    where scope = 'all'
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

open_carts as (
    select distinct
        carts.customer_id,
        months.month_number
    from carts
    inner join months
        on
            carts.opened_microseconds <= months.end_microseconds
            and carts.open_until_microseconds > months.end_microseconds
    where not months.is_current
),

stages_united as (
    select
        past_lifecycle_stages.customer_id,
        past_lifecycle_stages.month_number,
        case
            when open_carts.customer_id is null
                then past_lifecycle_stages.lifecycle_stage_without_cart
            else past_lifecycle_stages.lifecycle_stage_with_cart
        end as lifecycle_stage
    from past_lifecycle_stages
    left join open_carts
        on
            past_lifecycle_stages.customer_id = open_carts.customer_id
            and past_lifecycle_stages.month_number = open_carts.month_number

    union all

    select
        measures.customer_id,
        months.month_number,
        {{ lifecycle_stage(
            moment_at='as_of.as_of_at',
            order_count='measures.order_count',
            last_order_at='measures.last_order_at',
            previous_order_at='measures.previous_order_at',
            last_visit_at='measures.last_visit_at',
            last_activity_at='measures.last_activity_at',
            has_open_cart='measures.has_open_cart'
        ) }} as lifecycle_stage
    from measures
    cross join as_of
    inner join customers
        on measures.customer_id = customers.customer_id
    inner join months
        on {{ epoch_microseconds('customers.first_seen_at') }} <= months.end_microseconds
    where months.is_current
)

select * from stages_united
