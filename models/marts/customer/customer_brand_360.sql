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

basket_figures as (
    select * from {{ ref('int_value__basket_figures') }}
),

predictions as (
    select * from {{ ref('customer_predictions') }}
),

lifecycle_stages as (
    select * from {{ ref('lifecycle_stages') }}
),

contactability as (
    select * from {{ ref('contactability') }}
),

channels_contactable as (
    select
        customer_id,
        brand_id,
        {{ joined_text('channel') }} as contactable_channels
    from contactability
    where may_contact
    group by customer_id, brand_id
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
        lifecycle_stages.lifecycle_stage,
        coalesce(lifecycle_stages.has_open_cart, false) as has_open_cart,
        basket_figures.average_basket_quantity,
        basket_figures.average_days_between_orders,
        basket_figures.return_rate,
        basket_figures.complaint_rate,
        basket_figures.discounted_order_share,
        basket_figures.discount_share,
        basket_figures.budget_spend_share,
        basket_figures.middle_spend_share,
        basket_figures.premium_spend_share,
        basket_figures.price_tier,
        predictions.probability_alive,
        predictions.probability_of_order_365_days,
        predictions.expected_orders_90_days,
        predictions.expected_orders_365_days,
        predictions.next_order_date,
        predictions.churn_risk_band,
        predictions.expected_order_amount,
        predictions.predicted_value_365_days,
        coalesce(channels_contactable.contactable_channels, '') as contactable_channels,
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
    left join basket_figures
        on
            brand_summary.customer_id = basket_figures.customer_id
            and brand_summary.brand_id = basket_figures.scope
    left join predictions
        on
            brand_summary.customer_id = predictions.customer_id
            and brand_summary.brand_id = predictions.scope
    left join lifecycle_stages
        on
            brand_summary.customer_id = lifecycle_stages.customer_id
            and brand_summary.brand_id = lifecycle_stages.scope
    left join channels_contactable
        on
            brand_summary.customer_id = channels_contactable.customer_id
            and brand_summary.brand_id = channels_contactable.brand_id
    left join brand_activity
        on
            brand_summary.customer_id = brand_activity.customer_id
            and brand_summary.brand_id = brand_activity.brand_id
)

select * from joined
