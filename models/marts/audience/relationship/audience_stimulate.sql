with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
),

customer_360 as (
    select customer_id, strongest_brand_id, brand_to_stimulate_id, first_seen_at
    from {{ ref('customer_360') }}
    where activity_tier = 'high_in_one' and brand_to_stimulate_id is not null
),

customer_brand_360 as (
    select
        customer_id,
        brand_id,
        has_profiling_consent and contactable_channels <> '' as is_permitted
    from {{ ref('customer_brand_360') }}
),

customer_history as (
    select customer_id, month_date, activity_tier
    from {{ ref('customer_history') }}
),

-- The brand to be discovered speaks for itself where it may; else the strong brand introduces it.
brands_ranked as (
    select
        customer_360.customer_id,
        customer_brand_360.brand_id,
        row_number() over (
            partition by customer_360.customer_id
            order by
                case when customer_brand_360.is_permitted then 0 else 1 end,
                case
                    when customer_brand_360.brand_id = customer_360.brand_to_stimulate_id then 0
                    else 1
                end
        ) as brand_rank
    from customer_360
    inner join customer_brand_360
        on customer_360.customer_id = customer_brand_360.customer_id
    where
        customer_brand_360.brand_id
        in (customer_360.brand_to_stimulate_id, customer_360.strongest_brand_id)
),

months_before as (
    select
        customer_id,
        max(month_date) as last_other_month_date
    from customer_history
    where activity_tier <> 'high_in_one'
    group by customer_id
),

months_since as (
    select
        customer_history.customer_id,
        min(customer_history.month_date) as first_month_date
    from customer_history
    left join months_before
        on customer_history.customer_id = months_before.customer_id
    where
        coalesce(customer_history.month_date > months_before.last_other_month_date, true)
    group by customer_history.customer_id
),

loyal_to_one as (
    select
        customer_360.customer_id,
        brands_ranked.brand_id,
        customer_360.strongest_brand_id,
        customer_360.brand_to_stimulate_id,
        greatest(cast(months_since.first_month_date as timestamp), customer_360.first_seen_at)
            as entered_at
    from customer_360
    inner join brands_ranked
        on
            customer_360.customer_id = brands_ranked.customer_id
            and brands_ranked.brand_rank = 1
    inner join months_since
        on customer_360.customer_id = months_since.customer_id
),

permitted as (
    select loyal_to_one.*
    from loyal_to_one
    left join profiling_stops
        on
            loyal_to_one.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = 'all'
    where profiling_stops.customer_id is null
)

select * from permitted
