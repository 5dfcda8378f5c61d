{{ config(
    materialized=loaded_by_file(),
    incremental_strategy='delete+insert',
    unique_key=['brand_id', 'consent_event_id'],
    on_schema_change='fail',
    pre_hook=[
        "{{ register_landing_files('consent_events') }}",
        "{{ register_file_readings('consent_events') }}",
        "{{ choose_unread_files('consent_events') }}",
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
        {{ landed_row('consent_events') }} as raw
    from {{ unread_rows(source('landing', 'consent_events')) }}
),

brands as (
    select
        brand_id,
        country_code
    from {{ ref('brands') }}
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
        {{ typed_text('(raw).consent_event_id') }} as consent_event_id,
        {{ typed_text('(raw).contact_id') }} as contact_id,
        {{ email_address(typed_text('(raw).email')) }} as email,
        {{ typed_text('(raw).phone') }} as phone_original,
        {{ typed_enum('(raw).purpose', contract_values('consent_events', 'purpose')) }} as purpose,
        {{ typed_text('(raw).channel') }} as channel,
        {{ typed_enum('(raw).decision', contract_values('consent_events', 'decision')) }}
            as decision,
        {{ typed_text('(raw).legal_basis') }} as legal_basis,
        {{ typed_timestamp('(raw).decided_at') }} as decided_at
    from landed
    left join brands on landed.brand_id = brands.brand_id
    left join {{ landing_file_readings('consent_events') }} as file_readings
        on landed.landed_file = file_readings.landed_file
),

judged as (
    select
        *,
        {{ phone_e164('phone_original', 'brand_country_code') }} as phone,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('consent_event_id') }},
            {{ reject_if_null('purpose', otherwise='unknown_value') }},
            {{ reject_if_null('decision', otherwise='unknown_value') }},
            {{ reject_if_no_time('decided_at') }}
        ) as reject
    from read
),

typed as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        consent_event_id,
        contact_id,
        email,
        {{ email_key('email') }} as email_key,
        phone,
        phone_original,
        purpose,
        channel,
        decision,
        legal_basis,
        {{ plausible_time('decided_at') }} as decided_at,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('consent_events') }} as landing_signature,
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
        where (brand_id, consent_event_id) in (
            select
                typed.brand_id,
                typed.consent_event_id
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
                partition by brand_id, consent_event_id, reject_reason_code is null
                order by load_date desc, version_hash desc, source_file, source_line
            )
        end as version_rank,
        {{ reading_id() }} as reading_id,
        {{ read_number() }} as read_number
    from versions
)

select * from ranked
