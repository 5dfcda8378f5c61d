{{ config(
    materialized=loaded_by_file(),
    incremental_strategy='delete+insert',
    unique_key=['brand_id', 'event_id'],
    on_schema_change='fail',
    pre_hook=[
        "{{ register_landing_files('message_events') }}",
        "{{ register_file_readings('message_events') }}",
        "{{ choose_unread_files('message_events') }}",
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
        {{ landed_row('message_events') }} as raw
    from {{ unread_rows(source('landing', 'message_events')) }}
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
        brands.country_code as brand_country_code,
        {{ typed_date('landed.load_date_text') }} as load_date,
        file_readings.landing_file_id,
        landed.source_file,
        {{ safe_bigint('landed.source_line_text') }} as source_line,
        landed.raw,
        repeated.event_id is not null as is_repeated,
        {{ typed_text('(raw).event_id') }} as event_id,
        {{ typed_text('(raw).message_id') }} as message_id,
        {{ typed_text('(raw).campaign_id') }} as campaign_id,
        {{ typed_enum('(raw).channel', contract_values('message_events', 'channel')) }} as channel,
        {{ typed_enum('(raw).direction', contract_values('message_events', 'direction')) }}
            as direction,
        {{ typed_enum('(raw).event_type', contract_values('message_events', 'event_type')) }}
            as event_type,
        {{ typed_text('(raw).contact_id') }} as contact_id,
        {{ email_address(typed_text('(raw).email')) }} as email,
        {{ typed_text('(raw).phone') }} as phone_original,
        {{ typed_text('(raw).device_id') }} as device_id,
        {{ typed_text('(raw).link_url') }} as link_url,
        {{ typed_enum('(raw).bounce_type', contract_values('message_events', 'bounce_type')) }}
            as bounce_type,
        {{ typed_boolean('(raw).is_machine') }} as is_machine,
        {{ typed_timestamp('(raw).occurred_at') }} as occurred_at
    from landed
    left join brands on landed.brand_id = brands.brand_id
    left join repeated
        on
            landed.brand_id = repeated.brand_id
            and {{ typed_text('(landed.raw).event_id') }} = repeated.event_id
    left join {{ landing_file_readings('message_events') }} as file_readings
        on landed.landed_file = file_readings.landed_file
),

judged as {{ inlined() }} (
    select
        *,
        {{ phone_e164('phone_original', 'brand_country_code') }} as phone,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('event_id') }},
            {{ reject_if_null('message_id') }},
            {{ reject_if_null('channel', otherwise='unknown_value') }},
            {{ reject_if_null('direction', otherwise='unknown_value') }},
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
        message_id,
        campaign_id,
        channel,
        direction,
        event_type,
        contact_id,
        email,
        {{ email_key('email') }} as email_key,
        phone,
        phone_original,
        device_id,
        link_url,
        bounce_type,
        is_machine,
        {{ plausible_time('occurred_at') }} as occurred_at,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('message_events') }} as landing_signature,
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
    message_id,
    campaign_id,
    channel,
    direction,
    event_type,
    contact_id,
    email,
    email_key,
    phone,
    phone_original,
    device_id,
    link_url,
    bounce_type,
    is_machine,
    occurred_at,
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
