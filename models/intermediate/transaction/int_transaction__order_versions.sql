-- Staging keeps the latest version of an order. Whether its versions contradict one another can
-- only be seen before the others are gone.
with

base_transaction__orders as (
    select
        brand_id,
        order_id,
        status,
        contact_id,
        email_key,
        updated_at
    from {{ ref('base_transaction__orders') }}
    where reject_reason_code is null
),

ranked as (
    select
        brand_id,
        order_id,
        contact_id,
        email_key,
        updated_at,
        case status
            when 'placed' then 1
            when 'paid' then 2
            when 'shipped' then 3
            when 'completed' then 4
            else 5
        end as status_rank
    from base_transaction__orders
),

-- Versions of one moment are taken in the order in which a status grows: they contradict nothing.
compared as (
    select
        brand_id,
        order_id,
        contact_id,
        email_key,
        updated_at,
        status_rank,
        max(status_rank) over (
            partition by brand_id, order_id
            order by updated_at, status_rank
            rows between unbounded preceding and current row
        ) as highest_status_rank
    from ranked
),

summed as (
    select
        brand_id,
        order_id,
        count(distinct updated_at) as version_count,
        (
            count(distinct contact_id) > 1
            or (count(contact_id) < count(*) and count(distinct email_key) > 1)
        ) as has_two_customers,
        max(case when status_rank < highest_status_rank then 1 else 0 end) = 1
            as is_status_backwards
    from compared
    group by brand_id, order_id
)

select * from summed
