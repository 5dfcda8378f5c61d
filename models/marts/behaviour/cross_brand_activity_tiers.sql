with all_customers as (
    select
        customer_id,
        coalesce(has_cross_brand_consent, false) as has_cross_brand_consent
    from {{ ref('int_identity__customers') }}
),

profiling_stops as (
    select customer_id
    from {{ ref('int_privacy__profiling_stops') }}
    where scope = 'all'
),

customers as (
    select
        all_customers.customer_id,
        all_customers.has_cross_brand_consent
    from all_customers
    left join profiling_stops
        on all_customers.customer_id = profiling_stops.customer_id
    where profiling_stops.customer_id is null
),

brands as (
    select brand_id, controller_id
    from {{ ref('brands') }}
),

brand_activity as (
    select customer_id, brand_id, activity_tier, activity_score, last_activity_at
    from {{ ref('brand_activity') }}
),

brand_affinities as (
    select strongest_brand_id, other_brand_id, match_rank
    from {{ ref('int_engagement__brand_affinities') }}
),

suggested_treatments as (
    select tier, suggested_treatment
    from {{ ref('suggested_treatments') }}
),

as_of as (
    select as_of_date
    from {{ ref('int_operations__as_of') }}
),

brands_counted as (
    select count(*) as brand_count
    from brands
),

-- The known brand to stimulate is the one where the customer is low with the highest score; where
-- all others are at none, the one with the latest sign of life.
brands_ranked as (
    select
        customer_id,
        brand_id,
        activity_tier,
        activity_score,
        -- Scores of two brands compare badly, tiers do: where a customer is high, there they are
        -- strong.
        row_number() over (
            partition by customer_id
            order by
                case when activity_tier = 'high' then 0 else 1 end,
                activity_score desc,
                brand_id
        ) as score_rank,
        row_number() over (
            partition by customer_id
            order by
                case when activity_tier = 'high' then 1 else 0 end,
                activity_score desc,
                coalesce(last_activity_at, timestamp '1970-01-01 00:00:00') desc,
                brand_id
        ) as stimulation_rank
    from brand_activity
),

customers_summed as (
    select
        customer_id,
        count(case when activity_tier = 'high' then 1 end) as high_brand_count,
        count(case when activity_tier = 'low' then 1 end) as low_brand_count,
        {{ joined_text("case when activity_tier = 'high' then brand_id end") }} as high_brands,
        {{ joined_text("case when activity_tier = 'low' then brand_id end") }} as low_brands,
        max(case when score_rank = 1 and activity_tier <> 'none' then brand_id end)
            as strongest_brand_id,
        max(case when stimulation_rank = 1 and activity_tier <> 'high' then brand_id end)
            as known_brand_to_stimulate_id
    from brands_ranked
    group by customer_id
),

customers_tiered as (
    select
        customers.customer_id,
        customers.has_cross_brand_consent,
        case
            when customers_summed.high_brand_count >= 2 then 'high_in_several'
            when customers_summed.high_brand_count = 1 then 'high_in_one'
            when customers_summed.low_brand_count >= 1 then 'low_everywhere'
            else 'dormant'
        end as tier,
        coalesce(customers_summed.high_brand_count, 0) as high_brand_count,
        coalesce(customers_summed.low_brand_count, 0) as low_brand_count,
        customers_summed.high_brands,
        customers_summed.low_brands,
        customers_summed.strongest_brand_id,
        customers_summed.known_brand_to_stimulate_id
    from customers
    left join customers_summed
        on customers.customer_id = customers_summed.customer_id
),

customer_controllers as (
    select distinct
        brand_activity.customer_id,
        brands.controller_id
    from brand_activity
    inner join brands
        on brand_activity.brand_id = brands.brand_id
),

-- A brand the customer does not know is suggested only where somebody may profile across: its own
-- controller knows the customer already, or the customer granted cross-brand profiling.
matches_permitted as (
    select
        customers_tiered.customer_id,
        brand_affinities.other_brand_id,
        row_number() over (
            partition by customers_tiered.customer_id
            order by brand_affinities.match_rank
        ) as choice_rank
    from customers_tiered
    inner join brand_affinities
        on customers_tiered.strongest_brand_id = brand_affinities.strongest_brand_id
    inner join brands
        on brand_affinities.other_brand_id = brands.brand_id
    left join customer_controllers
        on
            customers_tiered.customer_id = customer_controllers.customer_id
            and brands.controller_id = customer_controllers.controller_id
    where
        customers_tiered.tier = 'high_in_one'
        and customers_tiered.known_brand_to_stimulate_id is null
        and (
            customers_tiered.has_cross_brand_consent
            or customer_controllers.controller_id is not null
        )
),

treatments_suggested as (
    select
        customers_tiered.customer_id,
        as_of.as_of_date,
        customers_tiered.tier,
        cast(customers_tiered.high_brand_count as integer) as high_brand_count,
        cast(customers_tiered.low_brand_count as integer) as low_brand_count,
        cast(
            brands_counted.brand_count
            - customers_tiered.high_brand_count
            - customers_tiered.low_brand_count
            as integer
        ) as none_brand_count,
        customers_tiered.high_brands,
        customers_tiered.low_brands,
        customers_tiered.strongest_brand_id,
        case
            when customers_tiered.tier = 'high_in_one'
                then
                    coalesce(
                        customers_tiered.known_brand_to_stimulate_id,
                        matches_permitted.other_brand_id
                    )
        end as brand_to_stimulate_id,
        suggested_treatments.suggested_treatment
    from customers_tiered
    cross join brands_counted
    cross join as_of
    left join matches_permitted
        on
            customers_tiered.customer_id = matches_permitted.customer_id
            and matches_permitted.choice_rank = 1
    left join suggested_treatments
        on customers_tiered.tier = suggested_treatments.tier
)

select * from treatments_suggested
