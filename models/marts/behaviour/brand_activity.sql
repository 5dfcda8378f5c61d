with activity_tiers as (
    select
        customer_id,
        brand_id,
        activity_tier,
        activity_score,
        activity_score_7_days_ago,
        activity_score_30_days_ago,
        activity_score_90_days_ago,
        last_activity_at
    from {{ ref('int_engagement__activity_tiers') }}
),

as_of as (
    select as_of_date
    from {{ ref('int_operations__as_of') }}
),

changes_measured as (
    select
        activity_tiers.customer_id,
        activity_tiers.brand_id,
        as_of.as_of_date,
        activity_tiers.activity_tier,
        activity_tiers.activity_score,
        activity_tiers.activity_score_7_days_ago,
        activity_tiers.activity_score_30_days_ago,
        activity_tiers.activity_score_90_days_ago,
        cast(
            activity_tiers.activity_score - activity_tiers.activity_score_7_days_ago
            as decimal(18, 6)
        ) as score_change_7_days,
        cast(
            activity_tiers.activity_score - activity_tiers.activity_score_30_days_ago
            as decimal(18, 6)
        ) as score_change_30_days,
        cast(
            activity_tiers.activity_score - activity_tiers.activity_score_90_days_ago
            as decimal(18, 6)
        ) as score_change_90_days,
        activity_tiers.last_activity_at
    from activity_tiers
    cross join as_of
)

select * from changes_measured
