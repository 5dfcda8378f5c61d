{{ config(
    materialized=loaded_by_file(),
    incremental_strategy='delete+insert',
    unique_key=['brand_id', 'event_id'],
    on_schema_change='fail',
    pre_hook=[
        "{{ register_landing_files('events') }}",
        "{{ register_file_readings('events') }}",
        "{{ choose_unread_files('events') }}",
        "{{ number_reading() }}",
    ]
) }}

with

landed as {{ inlined() }} (
    select
        {{ landing_brand() }} as brand_id,
        {{ landing_load_date() }} as load_date_text,
        {{ landed_file() }} as landed_file,
        _file as source_file,
        _line as source_line_text,
        {{ landed_row('events') }} as raw
    from {{ unread_rows(source('landing', 'events')) }}
),

brands as (
    select
        brand_id,
        country_code
    from {{ ref('brands') }}
),

-- Few keys come twice, and only those are ranked: to sort all rows costs more than to read them.
repeated as (
    select
        brand_id,
        {{ typed_text('(raw).event_id') }} as event_id
    from landed
    group by brand_id, {{ typed_text('(raw).event_id') }}
    having count(*) > 1
    -- incremental or whole
    {% if is_incremental() %}
        union
        select
            brand_id,
            event_id
        from {{ this }}
        where (brand_id, event_id) in (
            select
                landed.brand_id,
                {{ typed_text('(landed.raw).event_id') }}
            from landed
        )
    {% endif %}
    -- in any case
),

read as {{ inlined() }} (
    select
        landed.brand_id,
        brands.brand_id as known_brand_id,
        {{ typed_date('landed.load_date_text') }} as load_date,
        file_readings.landing_file_id,
        landed.source_file,
        {{ safe_bigint('landed.source_line_text') }} as source_line,
        landed.raw,
        repeated.event_id is not null as is_repeated,
        {{ typed_text('(raw).event_id') }} as event_id,
        {{ typed_enum('(raw).event_type', contract_values('events', 'event_type')) }} as event_type,
        {{ typed_timestamp('(raw).occurred_at') }} as occurred_at,
        {{ typed_text('(raw).device_id') }} as device_id,
        {{ typed_text('(raw).contact_id') }} as contact_id,
        {{ email_address(typed_text('(raw).email')) }} as email,
        {{ typed_enum('(raw).platform', contract_values('events', 'platform')) }} as platform,
        {{ typed_text('(raw).page_url') }} as page_url,
        {{ typed_text('(raw).referrer_url') }} as referrer_url,
        {{ typed_text('(raw).utm_source') }} as utm_source,
        {{ typed_text('(raw).utm_medium') }} as utm_medium,
        {{ typed_text('(raw).utm_campaign') }} as utm_campaign,
        {{ typed_text('(raw).product_id') }} as product_id,
        {{ typed_text('(raw).category') }} as category,
        {{ typed_text('(raw).search_term') }} as search_term,
        {{ typed_text('(raw).order_id') }} as order_id,
        {{ typed_text('(raw).message_id') }} as message_id,
        {{ typed_text('(raw).share_code') }} as share_code,
        {{ typed_decimal('(raw).event_value', 18, 2) }} as event_value,
        {{ typed_text('(raw).user_agent') }} as user_agent
    from landed
    left join brands on landed.brand_id = brands.brand_id
    left join repeated
        on
            landed.brand_id = repeated.brand_id
            and {{ typed_text('(landed.raw).event_id') }} = repeated.event_id
    left join {{ landing_file_readings('events') }} as file_readings
        on landed.landed_file = file_readings.landed_file
),

judged as {{ inlined() }} (
    select
        *,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('event_id') }},
            {{ reject_if_null('event_type', otherwise='unknown_value') }},
            {{ reject_if_no_time('occurred_at') }}
        ) as reject
    from read
),

typed as {{ inlined() }} (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        event_id,
        event_type,
        {{ plausible_time('occurred_at') }} as occurred_at,
        device_id,
        contact_id,
        email,
        {{ email_key('email') }} as email_key,
        platform,
        page_url,
        referrer_url,
        utm_source,
        utm_medium,
        utm_campaign,
        product_id,
        category,
        search_term,
        order_id,
        message_id,
        share_code,
        event_value,
        user_agent,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('events') }} as landing_signature,
        landing_file_id,
        is_repeated
    from judged
),

-- A key that comes again is ranked anew with the versions that are here. Refused rows have no rank:
-- many have no key, and nothing asks which of them is the latest.
versions as {{ inlined() }} (
    -- incremental or whole
    {% if is_incremental() %}
        select
            {{ columns_held() }},
            is_repeated
        from typed
        union all
        select
            {{ columns_held() }},
            true as is_repeated
        from {{ this }}
        where (brand_id, event_id) in (
            select
                repeated.brand_id,
                repeated.event_id
            from repeated
        )
    {% else %}
        select * from typed
    {% endif %}
    -- in any case
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, event_id, reject_reason_code is null
            order by load_date desc, version_hash desc, source_file, source_line
        ) as place
    from versions
    where is_repeated
    union all
    select
        *,
        1 as place
    from versions
    where not is_repeated
)

select
    brand_id,
    load_date,
    source_file,
    source_line,
    event_id,
    event_type,
    occurred_at,
    device_id,
    contact_id,
    email,
    email_key,
    platform,
    page_url,
    referrer_url,
    utm_source,
    utm_medium,
    utm_campaign,
    product_id,
    category,
    search_term,
    order_id,
    message_id,
    share_code,
    event_value,
    user_agent,
    reject_reason_code,
    reject_column,
    payload,
    version_hash,
    landing_signature,
    landing_file_id,
    case when reject_reason_code is null then place end as version_rank,
    {{ reading_id() }} as reading_id,
    {{ read_number() }} as read_number
from ranked
