with

brand_summary as (
    select * from {{ ref('int_customer__brand_summary') }}
),

brand_profiles as (
    select * from {{ ref('int_customer__brand_profiles') }}
),

customers as (
    select * from {{ ref('int_identity__customers') }}
),

permissions as (
    select * from {{ ref('int_privacy__customer_permissions') }}
),

rfm_scores as (
    select * from {{ ref('rfm_scores') }}
),

brand_activity as (
    select * from {{ ref('brand_activity') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

joined as (
    select
        brand_summary.customer_id,
        brand_summary.brand_id,
        as_of.as_of_date,
        brand_profiles.first_name,
        brand_profiles.last_name,
        brand_profiles.email,
        brand_profiles.phone,
        brand_profiles.loyalty_card_id,
        brand_profiles.birth_date,
        brand_profiles.gender,
        brand_profiles.city,
        brand_profiles.country_code,
        brand_profiles.language_code,
        brand_profiles.acquisition_source,
        brand_profiles.acquisition_campaign,
        brand_profiles.registered_at,
        cast(coalesce(brand_profiles.contact_count, 0) as bigint) as contact_count,
        brand_summary.order_count,
        brand_summary.gross_amount,
        brand_summary.discount_amount,
        brand_summary.return_count,
        brand_summary.refund_amount,
        brand_summary.net_amount,
        brand_summary.first_order_at,
        brand_summary.last_order_at,
        brand_summary.session_count,
        brand_summary.abandoned_cart_count,
        brand_summary.last_session_at,
        brand_summary.message_count,
        brand_summary.opened_message_count,
        brand_summary.clicked_message_count,
        brand_summary.last_message_at,
        brand_summary.review_count,
        brand_summary.survey_response_count,
        brand_summary.service_interaction_count,
        brand_summary.loyalty_tier,
        brand_summary.points_balance,
        brand_summary.voucher_issued_count,
        brand_summary.voucher_redeemed_count,
        rfm_scores.recency_days,
        rfm_scores.rfm_score,
        rfm_scores.rfm_segment,
        coalesce(brand_activity.activity_score, 0) as activity_score,
        coalesce(brand_activity.activity_tier, 'none') as activity_tier,
        coalesce(permissions.has_marketing_consent, false) as has_marketing_consent,
        coalesce(permissions.has_profiling_consent, false) as has_profiling_consent,
        customers.is_suspect,
        customers.suspect_reasons
    from brand_summary
    cross join as_of
    inner join customers
        on brand_summary.customer_id = customers.customer_id
    left join brand_profiles
        on
            brand_summary.customer_id = brand_profiles.customer_id
            and brand_summary.brand_id = brand_profiles.brand_id
    left join permissions
        on
            brand_summary.customer_id = permissions.customer_id
            and brand_summary.brand_id = permissions.brand_id
    left join rfm_scores
        on
            brand_summary.customer_id = rfm_scores.customer_id
            and brand_summary.brand_id = rfm_scores.scope
    left join brand_activity
        on
            brand_summary.customer_id = brand_activity.customer_id
            and brand_summary.brand_id = brand_activity.brand_id
)

select * from joined
