with

contacts as (
    select * from {{ ref('stg_contact__contacts') }}
),

orders as (
    select * from {{ ref('stg_transaction__orders') }}
),

returns as (
    select * from {{ ref('stg_transaction__returns') }}
),

reviews as (
    select * from {{ ref('stg_engagement__reviews') }}
),

survey_responses as (
    select * from {{ ref('stg_engagement__survey_responses') }}
),

share_codes as (
    select * from {{ ref('stg_engagement__share_codes') }}
),

service_interactions as (
    select * from {{ ref('stg_communication__service_interactions') }}
),

loyalty_events as (
    select * from {{ ref('stg_loyalty__loyalty_events') }}
),

consent_events as (
    select * from {{ ref('stg_privacy__consent_events') }}
),

vouchers as (
    select * from {{ ref('int_identity__vouchers') }}
),

gathered as (
    select
        brand_id,
        'contacts' as feed,
        contact_id as record_id,
        contact_id,
        loyalty_card_id,
        email_key,
        phone,
        cast(null as {{ type_string() }}) as voucher_code,
        cast(null as {{ type_string() }}) as device_id,
        cast(null as {{ type_string() }}) as order_id,
        least(coalesce(registered_at, first_updated_at), first_updated_at) as first_seen_at,
        updated_at as last_seen_at
    from contacts

    union all

    select
        orders.brand_id,
        'orders' as feed,
        orders.order_id as record_id,
        orders.contact_id,
        orders.loyalty_card_id,
        orders.email_key,
        orders.phone,
        -- A public coupon code says nothing about who used it; an issued voucher does.
        vouchers.voucher_code,
        orders.device_id,
        cast(null as {{ type_string() }}) as order_id,
        orders.ordered_at as first_seen_at,
        orders.ordered_at as last_seen_at
    from orders
    left join vouchers
        on
            orders.brand_id = vouchers.brand_id
            and orders.coupon_code = vouchers.voucher_code

    union all

    select
        brand_id,
        'returns' as feed,
        return_id as record_id,
        null as contact_id,
        null as loyalty_card_id,
        null as email_key,
        null as phone,
        null as voucher_code,
        null as device_id,
        order_id,
        returned_at as first_seen_at,
        returned_at as last_seen_at
    from returns

    union all

    select
        brand_id,
        'reviews' as feed,
        review_id as record_id,
        contact_id,
        null as loyalty_card_id,
        email_key,
        null as phone,
        null as voucher_code,
        null as device_id,
        order_id,
        reviewed_at as first_seen_at,
        reviewed_at as last_seen_at
    from reviews

    union all

    select
        brand_id,
        'survey_responses' as feed,
        response_id as record_id,
        contact_id,
        null as loyalty_card_id,
        email_key,
        null as phone,
        null as voucher_code,
        null as device_id,
        null as order_id,
        answered_at as first_seen_at,
        answered_at as last_seen_at
    from survey_responses

    union all

    select
        brand_id,
        'share_codes' as feed,
        share_code as record_id,
        contact_id,
        null as loyalty_card_id,
        email_key,
        null as phone,
        null as voucher_code,
        null as device_id,
        null as order_id,
        created_at as first_seen_at,
        created_at as last_seen_at
    from share_codes

    union all

    select
        brand_id,
        'service_interactions' as feed,
        interaction_id as record_id,
        contact_id,
        null as loyalty_card_id,
        email_key,
        phone,
        null as voucher_code,
        null as device_id,
        order_id,
        opened_at as first_seen_at,
        opened_at as last_seen_at
    from service_interactions

    union all

    select
        loyalty_events.brand_id,
        'loyalty_events' as feed,
        loyalty_events.event_id as record_id,
        loyalty_events.contact_id,
        loyalty_events.loyalty_card_id,
        loyalty_events.email_key,
        null as phone,
        vouchers.voucher_code,
        null as device_id,
        loyalty_events.order_id,
        loyalty_events.occurred_at as first_seen_at,
        loyalty_events.occurred_at as last_seen_at
    from loyalty_events
    left join vouchers
        on
            loyalty_events.brand_id = vouchers.brand_id
            and loyalty_events.voucher_code = vouchers.voucher_code

    union all

    select
        brand_id,
        'consent_events' as feed,
        consent_event_id as record_id,
        contact_id,
        null as loyalty_card_id,
        email_key,
        phone,
        null as voucher_code,
        null as device_id,
        null as order_id,
        decided_at as first_seen_at,
        decided_at as last_seen_at
    from consent_events
),

numbered as (
    select
        brand_id,
        feed,
        record_id,
        contact_id,
        loyalty_card_id,
        email_key,
        phone,
        voucher_code,
        device_id,
        order_id,
        first_seen_at,
        last_seen_at,
        {{ identifier_set_id(
            'brand_id', 'contact_id', 'loyalty_card_id', 'email_key', 'phone', 'voucher_code',
            'device_id'
        ) }} as identifier_set_id
    from gathered
)

select * from numbered
