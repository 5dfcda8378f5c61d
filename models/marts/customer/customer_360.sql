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
        {{ full_years_between('profiles.birth_date', 'as_of.as_of_date') }} as age_years,
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
),

banded as (
    select
        customer_id,
        as_of_date,
        first_seen_at,
        last_seen_at,
        first_name,
        last_name,
        email,
        phone,
        loyalty_card_id,
        birth_date,
        case
            when age_years is null then null
            when age_years < 18 then 'under_18'
            when age_years < 25 then '18_24'
            when age_years < 35 then '25_34'
            when age_years < 45 then '35_44'
            when age_years < 55 then '45_54'
            when age_years < 65 then '55_64'
            else '65_plus'
        end as age_band,
        gender,
        street,
        city,
        region,
        postal_code,
        country_code,
        occupation,
        language_code,
        acquisition_source,
        acquisition_campaign,
        registered_at,
        contact_count,
        identifier_count,
        controller_count,
        brand_count,
        brands,
        order_count,
        gross_amount,
        discount_amount,
        return_count,
        refund_amount,
        net_amount,
        average_order_amount,
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
        preferred_channel,
        contact_frequency,
        interest_category,
        price_range,
        recency_days,
        rfm_score,
        rfm_segment,
        activity_tier,
        strongest_brand_id,
        brand_to_stimulate_id,
        suggested_treatment,
        marketing_consent_brand_count,
        profiling_consent_brand_count,
        has_cross_brand_consent,
        is_suspect,
        suspect_reasons
    from joined
)

select * from banded
