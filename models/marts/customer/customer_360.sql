with

customers as (
    select * from {{ ref('int_identity__customers') }}
),

profiles as (
    select * from {{ ref('int_customer__profiles') }}
),

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

permissions as (
    select * from {{ ref('int_privacy__customer_permissions') }}
),

profiling_stops as (
    select * from {{ ref('int_privacy__profiling_stops') }}
),

rfm_scores as (
    select * from {{ ref('rfm_scores') }}
),

tiers as (
    select * from {{ ref('cross_brand_activity_tiers') }}
),

preferences as (
    select * from {{ ref('int_customer__declared_preferences') }}
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

product_affinity as (
    select * from {{ ref('product_affinity') }}
),

lifecycle_stages as (
    select * from {{ ref('lifecycle_stages') }}
),

channel_affinity as (
    select * from {{ ref('channel_affinity') }}
),

contact_pressure as (
    select * from {{ ref('contact_pressure') }}
),

contactability as (
    select * from {{ ref('contactability') }}
),

brands_listed as (
    select
        customer_id,
        count(*) as brand_count,
        {{ joined_text('brand_id') }} as brands
    from brands_known
    group by customer_id
),

permissions_added_up as (
    select
        customer_id,
        sum(case when has_marketing_consent then 1 else 0 end) as marketing_consent_brand_count,
        sum(case when has_profiling_consent then 1 else 0 end) as profiling_consent_brand_count
    from permissions
    group by customer_id
),

tastes as (
    select
        customer_id,
        max(case when dimension = 'category' then value end) as favourite_category,
        max(case when dimension = 'product_brand' then value end) as favourite_product_brand,
        max(case when dimension = 'collection' then value end) as favourite_collection,
        max(case when dimension = 'color' then value end) as favourite_color,
        max(case when dimension = 'size' then value end) as favourite_size,
        max(case when dimension = 'season' then value end) as favourite_season
    from product_affinity
    where value_rank = 1
    group by customer_id
),

best_channels as (
    select
        customer_id,
        channel as best_channel,
        best_hour as best_channel_hour
    from channel_affinity
    where is_preferred
),

pressure_added_up as (
    select
        customer_id,
        sum(messages_30_days) as messages_30_days,
        max(case when is_fatigued then 1 else 0 end) = 1 as is_fatigued
    from contact_pressure
    group by customer_id
),

brands_contactable as (
    select
        customer_id,
        count(distinct brand_id) as contactable_brand_count
    from contactability
    where may_contact
    group by customer_id
),

joined as (
    select
        customers.customer_id,
        as_of.as_of_date,
        customers.first_seen_at,
        customers.last_seen_at,
        profiles.first_name,
        profiles.last_name,
        profiles.email,
        profiles.phone,
        profiles.loyalty_card_id,
        profiles.birth_date,
        profiles.age_band,
        profiles.gender,
        profiles.street,
        profiles.city,
        profiles.region,
        profiles.postal_code,
        profiles.country_code,
        profiles.occupation,
        profiles.language_code,
        profiles.acquisition_source,
        profiles.acquisition_campaign,
        profiles.registered_at,
        cast(coalesce(profiles.contact_count, 0) as bigint) as contact_count,
        customers.identifier_count,
        customers.controller_count,
        coalesce(brands_listed.brand_count, 0) as brand_count,
        coalesce(brands_listed.brands, '') as brands,
        coalesce(customer_value.order_count, 0) as order_count,
        coalesce(customer_value.gross_amount, 0) as gross_amount,
        coalesce(customer_value.discount_amount, 0) as discount_amount,
        coalesce(customer_value.return_count, 0) as return_count,
        coalesce(customer_value.refund_amount, 0) as refund_amount,
        coalesce(customer_value.net_amount, 0) as net_amount,
        customer_value.average_order_amount,
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
        preferences.preferred_channel,
        preferences.contact_frequency,
        preferences.interest_category,
        preferences.price_range,
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
        tastes.favourite_category,
        tastes.favourite_product_brand,
        tastes.favourite_collection,
        tastes.favourite_color,
        tastes.favourite_size,
        tastes.favourite_season,
        predictions.probability_alive,
        predictions.probability_of_order_365_days,
        predictions.expected_orders_90_days,
        predictions.expected_orders_365_days,
        predictions.next_order_date,
        predictions.churn_risk_band,
        predictions.expected_order_amount,
        predictions.predicted_value_365_days,
        best_channels.best_channel,
        best_channels.best_channel_hour,
        cast(coalesce(pressure_added_up.messages_30_days, 0) as bigint) as messages_30_days,
        coalesce(pressure_added_up.is_fatigued, false) as is_fatigued,
        cast(coalesce(brands_contactable.contactable_brand_count, 0) as bigint)
            as contactable_brand_count,
        coalesce(customer_loyalty.loyalty_card_count, 0) as loyalty_card_count,
        coalesce(customer_loyalty.reward_count, 0) as reward_count,
        tiers.tier as activity_tier,
        tiers.strongest_brand_id,
        tiers.brand_to_stimulate_id,
        tiers.suggested_treatment,
        cast(coalesce(permissions_added_up.marketing_consent_brand_count, 0) as bigint)
            as marketing_consent_brand_count,
        cast(coalesce(permissions_added_up.profiling_consent_brand_count, 0) as bigint)
            as profiling_consent_brand_count,
        customers.has_cross_brand_consent,
        profiling_stops.customer_id is null as is_profiled,
        customers.is_suspect,
        customers.suspect_reasons
    from customers
    cross join as_of
    left join profiles
        on customers.customer_id = profiles.customer_id
    left join brands_listed
        on customers.customer_id = brands_listed.customer_id
    left join customer_value
        on
            customers.customer_id = customer_value.customer_id
            and customer_value.scope = 'all'
    left join customer_behaviour
        on
            customers.customer_id = customer_behaviour.customer_id
            and customer_behaviour.scope = 'all'
    left join customer_communication
        on
            customers.customer_id = customer_communication.customer_id
            and customer_communication.scope = 'all'
    left join customer_loyalty
        on
            customers.customer_id = customer_loyalty.customer_id
            and customer_loyalty.scope = 'all'
    left join permissions_added_up
        on customers.customer_id = permissions_added_up.customer_id
    left join profiling_stops
        on
            customers.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = 'all'
    left join preferences
        on customers.customer_id = preferences.customer_id
    left join rfm_scores
        on
            customers.customer_id = rfm_scores.customer_id
            and rfm_scores.scope = 'all'
    left join tiers
        on customers.customer_id = tiers.customer_id
    left join basket_figures
        on
            customers.customer_id = basket_figures.customer_id
            and basket_figures.scope = 'all'
    left join predictions
        on
            customers.customer_id = predictions.customer_id
            and predictions.scope = 'all'
    left join tastes
        on customers.customer_id = tastes.customer_id
    left join lifecycle_stages
        on
            customers.customer_id = lifecycle_stages.customer_id
            and lifecycle_stages.scope = 'all'
    left join best_channels
        on customers.customer_id = best_channels.customer_id
    left join pressure_added_up
        on customers.customer_id = pressure_added_up.customer_id
    left join brands_contactable
        on customers.customer_id = brands_contactable.customer_id
)

select * from joined
