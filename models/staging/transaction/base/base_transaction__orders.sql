{{ config(
    materialized=loaded_by_file(),
    incremental_strategy='delete+insert',
    unique_key=['brand_id', 'order_id'],
    on_schema_change='fail',
    pre_hook=[
        "{{ register_landing_files('orders') }}",
        "{{ register_file_readings('orders', also=exchange_rate_starts()) }}",
        "{{ choose_unread_files('orders') }}",
        "{{ number_reading() }}",
    ]
) }}

with

landed as (
    select
        {{ landing_brand() }} as brand_id,
        {{ landing_load_date() }} as load_date_text,
        {{ landed_file() }} as landed_file,
        _file as source_file,
        _line as source_line_text,
        {{ landed_row('orders') }} as raw
    from {{ unread_rows(source('landing', 'orders')) }}
),

brands as (
    select
        brand_id,
        country_code
    from {{ ref('brands') }}
),

exchange_rates as (
    select
        from_currency,
        to_currency,
        rate_date
    from {{ ref('exchange_rates') }}
),

-- From which day on a currency can be turned into euros; the euro always can.
euro_rate_starts as (
    select
        from_currency as currency_code,
        min(rate_date) as first_rate_date
    from exchange_rates
    where to_currency = 'EUR' and from_currency <> 'EUR'
    group by from_currency
    union all
    select
        'EUR' as currency_code,
        date '1900-01-01' as first_rate_date
),

-- A conversion goes by way of the euro, so it needs a rate of both currencies.
rate_starts as (
    select
        euro_rate_starts.currency_code,
        greatest(
            euro_rate_starts.first_rate_date, reporting_rate_starts.first_rate_date
        ) as first_rate_date
    from euro_rate_starts
    inner join euro_rate_starts as reporting_rate_starts
        on reporting_rate_starts.currency_code = '{{ var('reporting_currency') }}'
),

read as (
    select
        landed.brand_id,
        brands.brand_id as known_brand_id,
        brands.country_code as brand_country_code,
        {{ typed_date('landed.load_date_text') }} as load_date,
        file_readings.landing_file_id,
        landed.source_file,
        {{ safe_bigint('landed.source_line_text') }} as source_line,
        landed.raw,
        rate_starts.first_rate_date,
        {{ typed_text('(raw).order_id') }} as order_id,
        {{ typed_timestamp('(raw).ordered_at') }} as ordered_at,
        {{ typed_enum('(raw).status', contract_values('orders', 'status')) }} as status,
        {{ typed_enum('(raw).sales_channel', contract_values('orders', 'sales_channel')) }}
            as sales_channel,
        {{ typed_text('(raw).store_id') }} as store_id,
        {{ typed_enum('(raw).fulfilment_method', contract_values('orders', 'fulfilment_method')) }}
            as fulfilment_method,
        {{ typed_text('(raw).contact_id') }} as contact_id,
        {{ email_address(typed_text('(raw).email')) }} as email,
        {{ typed_text('(raw).phone') }} as phone_original,
        {{ typed_text('(raw).loyalty_card_id') }} as loyalty_card_id,
        {{ typed_text('(raw).coupon_code') }} as coupon_code,
        {{ typed_text('(raw).device_id') }} as device_id,
        {{ typed_code('(raw).currency_code', 3) }} as currency_code,
        {{ typed_decimal('(raw).total_amount', 18, 2) }} as total_amount_original,
        {{ typed_decimal('(raw).discount_amount', 18, 2) }} as discount_amount_original,
        {{ typed_decimal('(raw).shipping_amount', 18, 2) }} as shipping_amount_original,
        {{ typed_decimal('(raw).tax_amount', 18, 2) }} as tax_amount_original,
        {{ typed_boolean('(raw).is_test') }} as is_test,
        {{ typed_timestamp('(raw).updated_at') }} as updated_at
    from landed
    left join brands on landed.brand_id = brands.brand_id
    left join {{ landing_file_readings('orders') }} as file_readings
        on landed.landed_file = file_readings.landed_file
    left join rate_starts on {{ typed_code('(raw).currency_code', 3) }} = rate_starts.currency_code
),

judged as (
    select
        *,
        {{ phone_e164('phone_original', 'brand_country_code') }} as phone,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('order_id') }},
            {{ reject_if_no_time('ordered_at') }},
            {{ reject_if_null('status', otherwise='unknown_value') }},
            {{ reject_if_null('sales_channel', otherwise='unknown_value') }},
            {{ reject_if_null('currency_code', otherwise='unreadable_value') }},
            {{ reject_if_null(
                'total_amount_original', 'total_amount', otherwise='unreadable_value'
            ) }},
            {{ reject_if_no_time('updated_at') }},
            case
                when currency_code = '{{ var('reporting_currency') }}' then null
                when coalesce(first_rate_date > cast(ordered_at as date), true)
                    then 'no_exchange_rate:currency_code'
            end
        ) as reject
    from read
),

typed as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        order_id,
        {{ plausible_time('ordered_at') }} as ordered_at,
        status,
        sales_channel,
        store_id,
        fulfilment_method,
        contact_id,
        email,
        {{ email_key('email') }} as email_key,
        phone,
        phone_original,
        loyalty_card_id,
        coupon_code,
        device_id,
        currency_code,
        total_amount_original,
        discount_amount_original,
        shipping_amount_original,
        tax_amount_original,
        is_test,
        {{ plausible_time('updated_at') }} as updated_at,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('orders') }} as landing_signature,
        landing_file_id
    from judged
),

-- A key that comes again is ranked anew with the versions that are here. Refused rows have no rank:
-- many have no key, and nothing asks which of them is the latest.
versions as (
    -- incremental or whole
    {% if is_incremental() %}
        select {{ columns_held() }} from typed
        union all
        select {{ columns_held() }}
        from {{ this }}
        where (brand_id, order_id) in (
            select
                typed.brand_id,
                typed.order_id
            from typed
        )
    {% else %}
        select * from typed
    {% endif %}
    -- in any case
),

ranked as (
    select
        *,
        case
            when reject_reason_code is null then row_number() over (
                partition by brand_id, order_id, reject_reason_code is null
                order by
                    updated_at desc nulls last,
                    load_date desc,
                    version_hash desc,
                    source_file,
                    source_line
            )
        end as version_rank,
        {{ reading_id() }} as reading_id,
        {{ read_number() }} as read_number
    from versions
)

select * from ranked
