{#
    What a messaging platform may be told. A row needs a permitted channel; what was drawn from the
    person's behaviour needs the consent to profiling as well, and is null without it. The e-mail goes
    out as the person wrote it, on the contact or else on the latest other record.
#}
with

brand_360 as (
    select * from {{ ref('customer_brand_360') }}
),

contactability as (
    select * from {{ ref('contactability') }}
),

addresses as (
    select * from {{ ref('int_communication__addresses') }}
),

written_emails as (
    select * from {{ ref('int_communication__written_emails') }}
),

tiers as (
    select * from {{ ref('cross_brand_activity_tiers') }}
),

channel_affinity as (
    select * from {{ ref('channel_affinity') }}
),

brands as (
    select * from {{ ref('brands') }}
),

audience_members as (
    select * from {{ ref('audience_members') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

channels_permitted as (
    select
        customer_id,
        brand_id,
        max(case when channel = 'email' then 1 else 0 end) = 1 as may_contact_email,
        max(case when channel = 'sms' then 1 else 0 end) = 1 as may_contact_sms,
        max(case when channel = 'call' then 1 else 0 end) = 1 as may_contact_call,
        max(case when channel = 'letter' then 1 else 0 end) = 1 as may_contact_letter,
        max(case when channel = 'web_push' then 1 else 0 end) = 1 as may_contact_web_push,
        max(case when channel = 'app_push' then 1 else 0 end) = 1 as may_contact_app_push
    from contactability
    where
        may_contact
        and not is_suspect
        and channel in ('email', 'sms', 'call', 'letter', 'web_push', 'app_push')
    group by customer_id, brand_id
),

addresses_laid_out as (
    select
        customer_id,
        brand_id,
        max(case when address_kind = 'email' then address end) as email_key,
        max(case when address_kind = 'phone' then address end) as phone
    from addresses
    group by customer_id, brand_id
),

preferences as (
    select
        customer_id,
        channel,
        is_declared,
        best_hour
    from channel_affinity
    where is_preferred
),

-- Who is held out is not written to, so no platform hears of the membership.
audiences_listed as (
    select
        customer_id,
        brand_id,
        {{ joined_text('audience_name') }} as audiences
    from audience_members
    where not is_held_out
    group by customer_id, brand_id
),

clocks as (
    select
        brands.brand_id,
        {{ minutes_ahead_of_utc('as_of.as_of_at', "coalesce(brands.time_zone, 'UTC')") }}
            as minutes_ahead
    from brands
    cross join as_of
),

told as (
    select
        brand_360.customer_id,
        brand_360.brand_id,
        case
            when channels_permitted.may_contact_email
                then
                    case
                        when {{ email_key('brand_360.email') }} = addresses_laid_out.email_key
                            then brand_360.email
                        else coalesce(written_emails.email, addresses_laid_out.email_key)
                    end
        end as email,
        case
            when channels_permitted.may_contact_sms or channels_permitted.may_contact_call
                then addresses_laid_out.phone
        end as phone,
        brand_360.loyalty_card_id,
        brand_360.first_name,
        brand_360.last_name,
        brand_360.birth_date,
        brand_360.gender,
        brand_360.city,
        brand_360.country_code,
        brand_360.language_code,
        case when brand_360.has_profiling_consent then brand_360.lifecycle_stage end
            as lifecycle_stage,
        case when brand_360.has_profiling_consent then brand_360.rfm_segment end as rfm_segment,
        case when brand_360.has_profiling_consent then brand_360.activity_tier end
            as activity_tier,
        case when brand_360.has_profiling_consent then tiers.tier end as cross_brand_tier,
        -- A wish that was spoken is no profile.
        case
            when brand_360.has_profiling_consent or preferences.is_declared
                then preferences.channel
        end as preferred_channel,
        case
            when brand_360.has_profiling_consent
                then {{ utc_hour('preferences.best_hour', 'clocks.minutes_ahead') }}
        end as best_hour,
        brand_360.loyalty_tier,
        brand_360.points_balance,
        brand_360.first_order_at,
        brand_360.last_order_at,
        brand_360.order_count,
        brand_360.net_amount,
        case when brand_360.has_profiling_consent then brand_360.churn_risk_band end
            as churn_risk_band,
        case
            when brand_360.has_profiling_consent
                then cast(round(brand_360.expected_orders_90_days, 2) as decimal(18, 2))
        end as expected_orders_90_days,
        channels_permitted.may_contact_email,
        channels_permitted.may_contact_sms,
        channels_permitted.may_contact_call,
        channels_permitted.may_contact_letter,
        channels_permitted.may_contact_web_push,
        channels_permitted.may_contact_app_push,
        audiences_listed.audiences
    from brand_360
    inner join channels_permitted
        on
            brand_360.customer_id = channels_permitted.customer_id
            and brand_360.brand_id = channels_permitted.brand_id
    inner join clocks
        on brand_360.brand_id = clocks.brand_id
    left join addresses_laid_out
        on
            brand_360.customer_id = addresses_laid_out.customer_id
            and brand_360.brand_id = addresses_laid_out.brand_id
    left join written_emails
        on
            addresses_laid_out.brand_id = written_emails.brand_id
            and addresses_laid_out.email_key = written_emails.email_key
    left join audiences_listed
        on
            brand_360.customer_id = audiences_listed.customer_id
            and brand_360.brand_id = audiences_listed.brand_id
    left join tiers
        on brand_360.customer_id = tiers.customer_id
    left join preferences
        on brand_360.customer_id = preferences.customer_id
),

hashed as (
    select
        customer_id,
        brand_id,
        email,
        phone,
        loyalty_card_id,
        first_name,
        last_name,
        birth_date,
        gender,
        city,
        country_code,
        language_code,
        lifecycle_stage,
        rfm_segment,
        activity_tier,
        cross_brand_tier,
        preferred_channel,
        best_hour,
        loyalty_tier,
        points_balance,
        first_order_at,
        last_order_at,
        order_count,
        net_amount,
        churn_risk_band,
        expected_orders_90_days,
        may_contact_email,
        may_contact_sms,
        may_contact_call,
        may_contact_letter,
        may_contact_web_push,
        may_contact_app_push,
        audiences,
        {{ hash_text(json_text(struct_of_text([
            'customer_id', 'brand_id', 'email', 'phone', 'loyalty_card_id', 'first_name',
            'last_name', 'birth_date', 'gender', 'city', 'country_code', 'language_code',
            'lifecycle_stage', 'rfm_segment', 'activity_tier', 'cross_brand_tier',
            'preferred_channel', 'best_hour', 'loyalty_tier', 'points_balance', 'first_order_at',
            'last_order_at', 'order_count', 'net_amount', 'churn_risk_band',
            'expected_orders_90_days', 'may_contact_email', 'may_contact_sms', 'may_contact_call',
            'may_contact_letter', 'may_contact_web_push', 'may_contact_app_push', 'audiences'
        ]))) }} as row_hash
    from told
)

select * from hashed
