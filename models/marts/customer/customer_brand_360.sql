with

brands_known as (
    select * from {{ ref('int_engagement__activity_scores') }}
),

customer_value as (
    select * from {{ ref('int_customer__value') }}
),

customer_behaviour as (
    select * from {{ ref('int_customer__behaviour') }}
),

customer_communication as (
    select * from {{ ref('int_customer__communication') }}
),

customer_loyalty as (
    select * from {{ ref('int_customer__loyalty') }}
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

profiling_stops as (
    select * from {{ ref('int_privacy__profiling_stops') }}
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
        brands_known.customer_id,
        brands_known.brand_id,
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
        coalesce(customer_value.order_count, 0) as order_count,
        coalesce(customer_value.gross_amount, 0) as gross_amount,
        coalesce(customer_value.discount_amount, 0) as discount_amount,
        coalesce(customer_value.return_count, 0) as return_count,
        coalesce(customer_value.refund_amount, 0) as refund_amount,
        coalesce(customer_value.net_amount, 0) as net_amount,
        customer_value.first_order_at,
        customer_value.last_order_at,
        coalesce(customer_behaviour.session_count, 0) as session_count,
        coalesce(customer_behaviour.abandoned_cart_count, 0) as abandoned_cart_count,
        customer_behaviour.last_session_at,
        coalesce(customer_communication.message_count, 0) as message_count,
        coalesce(customer_communication.opened_message_count, 0) as opened_message_count,
        coalesce(customer_communication.clicked_message_count, 0) as clicked_message_count,
        customer_communication.last_message_at,
        coalesce(customer_behaviour.review_count, 0) as review_count,
        coalesce(customer_behaviour.survey_response_count, 0) as survey_response_count,
        coalesce(customer_communication.service_interaction_count, 0) as service_interaction_count,
        customer_loyalty.loyalty_tier,
        coalesce(customer_loyalty.points_balance, 0) as points_balance,
        coalesce(customer_loyalty.voucher_issued_count, 0) as voucher_issued_count,
        coalesce(customer_loyalty.voucher_redeemed_count, 0) as voucher_redeemed_count,
        rfm_scores.recency_days,
        rfm_scores.rfm_score,
        rfm_scores.rfm_segment,
        lifecycle_stages.lifecycle_stage,
        lifecycle_stages.has_open_cart,
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
        brand_activity.activity_score,
        brand_activity.activity_tier,
        coalesce(permissions.has_marketing_consent, false) as has_marketing_consent,
        coalesce(permissions.has_profiling_consent, false) as has_profiling_consent,
        profiling_stops.customer_id is null as is_profiled,
        customers.is_suspect,
        customers.suspect_reasons
    from brands_known
    cross join as_of
    inner join customers
        on brands_known.customer_id = customers.customer_id
    left join brand_profiles
        on
            brands_known.customer_id = brand_profiles.customer_id
            and brands_known.brand_id = brand_profiles.brand_id
    left join customer_value
        on
            brands_known.customer_id = customer_value.customer_id
            and brands_known.brand_id = customer_value.scope
    left join customer_behaviour
        on
            brands_known.customer_id = customer_behaviour.customer_id
            and brands_known.brand_id = customer_behaviour.scope
    left join customer_communication
        on
            brands_known.customer_id = customer_communication.customer_id
            and brands_known.brand_id = customer_communication.scope
    left join customer_loyalty
        on
            brands_known.customer_id = customer_loyalty.customer_id
            and brands_known.brand_id = customer_loyalty.scope
    left join permissions
        on
            brands_known.customer_id = permissions.customer_id
            and brands_known.brand_id = permissions.brand_id
    left join profiling_stops
        on
            brands_known.customer_id = profiling_stops.customer_id
            and brands_known.brand_id = profiling_stops.scope
    left join rfm_scores
        on
            brands_known.customer_id = rfm_scores.customer_id
            and brands_known.brand_id = rfm_scores.scope
    left join basket_figures
        on
            brands_known.customer_id = basket_figures.customer_id
            and brands_known.brand_id = basket_figures.scope
    left join predictions
        on
            brands_known.customer_id = predictions.customer_id
            and brands_known.brand_id = predictions.scope
    left join lifecycle_stages
        on
            brands_known.customer_id = lifecycle_stages.customer_id
            and brands_known.brand_id = lifecycle_stages.scope
    left join channels_contactable
        on
            brands_known.customer_id = channels_contactable.customer_id
            and brands_known.brand_id = channels_contactable.brand_id
    left join brand_activity
        on
            brands_known.customer_id = brand_activity.customer_id
            and brands_known.brand_id = brand_activity.brand_id
)

select * from joined
