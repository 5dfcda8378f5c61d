-- Who is worth rewarding in two brands?
--   dbt show --limit 50 --select worth_rewarding_in_two_brands
-- How to read it: one row per customer whose activity is high in two brands or more, the most
-- promising first. net_amount is what they brought, predicted_value_365_days what they are
-- expected to bring in a year; reward those of whom both are large and churn_risk_band is low, and
-- talk to the rest before they leave. Suspects are left out, since one of them may be two people.
with customer_360 as (
    select
        customer_id,
        net_amount,
        order_count,
        rfm_segment,
        activity_tier,
        churn_risk_band,
        predicted_value_365_days,
        marketing_consent_brand_count,
        is_suspect
    from {{ ref('customer_360') }}
),

tiers as (
    select customer_id, high_brands
    from {{ ref('cross_brand_activity_tiers') }}
),

rewarded as (
    select
        customer_360.customer_id,
        tiers.high_brands,
        customer_360.order_count,
        customer_360.net_amount,
        customer_360.rfm_segment,
        customer_360.churn_risk_band,
        customer_360.predicted_value_365_days,
        customer_360.marketing_consent_brand_count
    from customer_360
    inner join tiers
        on customer_360.customer_id = tiers.customer_id
    where customer_360.activity_tier = 'high_in_several' and not customer_360.is_suspect
    order by customer_360.predicted_value_365_days desc nulls last, customer_360.customer_id
)

select * from rewarded
