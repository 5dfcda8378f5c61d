-- Which brands the customers of one strongest brand are also active in: the evidence behind "the
-- best-matching brand". A pair that no customer shares is not here, and is suggested to nobody.
with activity_tiers as (
    select customer_id, brand_id, activity_tier, activity_score
    from {{ ref('int_engagement__activity_tiers') }}
    where activity_tier <> 'none'
),

brands_ranked as (
    select
        customer_id,
        brand_id,
        row_number() over (
            partition by customer_id
            order by
                case when activity_tier = 'high' then 0 else 1 end,
                activity_score desc,
                brand_id
        ) as score_rank
    from activity_tiers
),

pairs_counted as (
    select
        brands_ranked.brand_id as strongest_brand_id,
        activity_tiers.brand_id as other_brand_id,
        count(case when activity_tiers.activity_tier = 'high' then 1 end) as high_customer_count,
        count(*) as active_customer_count
    from brands_ranked
    inner join activity_tiers
        on
            brands_ranked.customer_id = activity_tiers.customer_id
            and brands_ranked.brand_id <> activity_tiers.brand_id
    where brands_ranked.score_rank = 1
    group by brands_ranked.brand_id, activity_tiers.brand_id
),

pairs_ranked as (
    select
        strongest_brand_id,
        other_brand_id,
        high_customer_count,
        active_customer_count,
        row_number() over (
            partition by strongest_brand_id
            order by high_customer_count desc, active_customer_count desc, other_brand_id
        ) as match_rank
    from pairs_counted
)

select * from pairs_ranked
