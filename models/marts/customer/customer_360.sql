with

customers as (
    select * from {{ ref('int_identity__customers') }}
),

profiles as (
    select * from {{ ref('int_customer__profiles') }}
),

brand_summary as (
    select * from {{ ref('int_customer__brand_summary') }}
),

permissions as (
    select * from {{ ref('int_privacy__customer_permissions') }}
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

loyalty_cards as (
    select * from {{ ref('loyalty_cards') }}
),

brands_ranked as (
    select
        customer_id,
        brand_id,
        order_count,
        gross_amount,
        discount_amount,
        return_count,
        refund_amount,
        net_amount,
        first_order_at,
        last_order_at,
        session_count,
        abandoned_cart_count,
        last_session_at,
        message_count,
        opened_message_count,
        clicked_message_count,
        last_message_at,
        review_count,
        survey_response_count,
        service_interaction_count,
        loyalty_tier,
        points_balance,
        voucher_issued_count,
        voucher_redeemed_count,
        row_number() over (
            partition by customer_id
            order by points_balance desc, brand_id
        ) as points_rank
    from brand_summary
),

brands_added_up as (
    select
        customer_id,
        count(*) as brand_count,
        {{ joined_text('brand_id') }} as brands,
        sum(order_count) as order_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(return_count) as return_count,
        sum(refund_amount) as refund_amount,
        sum(net_amount) as net_amount,
        min(first_order_at) as first_order_at,
        max(last_order_at) as last_order_at,
        sum(session_count) as session_count,
        sum(abandoned_cart_count) as abandoned_cart_count,
        max(last_session_at) as last_session_at,
        sum(message_count) as message_count,
        sum(opened_message_count) as opened_message_count,
        sum(clicked_message_count) as clicked_message_count,
        max(last_message_at) as last_message_at,
        sum(review_count) as review_count,
        sum(survey_response_count) as survey_response_count,
        sum(service_interaction_count) as service_interaction_count,
        -- Tiers of different programmes do not compare: the one shown is where most points lie.
        {{ first_by('loyalty_tier', 'points_rank') }} as loyalty_tier,
        sum(points_balance) as points_balance,
        sum(voucher_issued_count) as voucher_issued_count,
        sum(voucher_redeemed_count) as voucher_redeemed_count
    from brands_ranked
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

ages_counted as (
    select
        profiles.customer_id,
        {{ full_years_between('profiles.birth_date', 'as_of.as_of_date') }} as age_years
    from profiles
    cross join as_of
),

ages as (
    select
        customer_id,
        case
            when age_years is null then null
            when age_years < 18 then 'under_18'
            when age_years < 25 then '18_24'
            when age_years < 35 then '25_34'
            when age_years < 45 then '35_44'
            when age_years < 55 then '45_54'
            when age_years < 65 then '55_64'
            else '65_plus'
        end as age_band
    from ages_counted
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

cards_added_up as (
    select
        customer_id,
        count(*) as loyalty_card_count,
        sum(reward_count) as reward_count
    from loyalty_cards
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
        ages.age_band,
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
        cast(coalesce(brands_added_up.brand_count, 0) as bigint) as brand_count,
        coalesce(brands_added_up.brands, '') as brands,
        cast(coalesce(brands_added_up.order_count, 0) as bigint) as order_count,
        cast(coalesce(brands_added_up.gross_amount, 0) as decimal(18, 2)) as gross_amount,
        cast(coalesce(brands_added_up.discount_amount, 0) as decimal(18, 2)) as discount_amount,
        cast(coalesce(brands_added_up.return_count, 0) as bigint) as return_count,
        cast(coalesce(brands_added_up.refund_amount, 0) as decimal(18, 2)) as refund_amount,
        cast(coalesce(brands_added_up.net_amount, 0) as decimal(18, 2)) as net_amount,
        {{ decimal_quotient('brands_added_up.net_amount', 'brands_added_up.order_count', 2) }}
            as average_order_amount,
        brands_added_up.first_order_at,
        brands_added_up.last_order_at,
        cast(coalesce(brands_added_up.session_count, 0) as bigint) as session_count,
        cast(coalesce(brands_added_up.abandoned_cart_count, 0) as bigint) as abandoned_cart_count,
        brands_added_up.last_session_at,
        cast(coalesce(brands_added_up.message_count, 0) as bigint) as message_count,
        cast(coalesce(brands_added_up.opened_message_count, 0) as bigint) as opened_message_count,
        cast(coalesce(brands_added_up.clicked_message_count, 0) as bigint) as clicked_message_count,
        brands_added_up.last_message_at,
        cast(coalesce(brands_added_up.review_count, 0) as bigint) as review_count,
        cast(coalesce(brands_added_up.survey_response_count, 0) as bigint) as survey_response_count,
        cast(coalesce(brands_added_up.service_interaction_count, 0) as bigint)
            as service_interaction_count,
        brands_added_up.loyalty_tier,
        cast(coalesce(brands_added_up.points_balance, 0) as decimal(18, 2)) as points_balance,
        cast(coalesce(brands_added_up.voucher_issued_count, 0) as bigint) as voucher_issued_count,
        cast(coalesce(brands_added_up.voucher_redeemed_count, 0) as bigint)
            as voucher_redeemed_count,
        preferences.preferred_channel,
        preferences.contact_frequency,
        preferences.interest_category,
        preferences.price_range,
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
        cast(coalesce(cards_added_up.loyalty_card_count, 0) as bigint) as loyalty_card_count,
        cast(coalesce(cards_added_up.reward_count, 0) as bigint) as reward_count,
        tiers.tier as activity_tier,
        tiers.strongest_brand_id,
        tiers.brand_to_stimulate_id,
        tiers.suggested_treatment,
        cast(coalesce(permissions_added_up.marketing_consent_brand_count, 0) as bigint)
            as marketing_consent_brand_count,
        cast(coalesce(permissions_added_up.profiling_consent_brand_count, 0) as bigint)
            as profiling_consent_brand_count,
        customers.has_cross_brand_consent,
        customers.is_suspect,
        customers.suspect_reasons
    from customers
    cross join as_of
    left join profiles
        on customers.customer_id = profiles.customer_id
    left join ages
        on customers.customer_id = ages.customer_id
    left join brands_added_up
        on customers.customer_id = brands_added_up.customer_id
    left join permissions_added_up
        on customers.customer_id = permissions_added_up.customer_id
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
    left join cards_added_up
        on customers.customer_id = cards_added_up.customer_id
)

select * from joined
