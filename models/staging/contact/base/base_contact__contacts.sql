{{ config(
    materialized=loaded_by_file(),
    incremental_strategy='delete+insert',
    unique_key=['brand_id', 'contact_id'],
    on_schema_change='fail',
    pre_hook=[
        "{{ register_landing_files('contacts') }}",
        "{{ register_file_readings('contacts') }}",
        "{{ choose_unread_files('contacts') }}",
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
        {{ landed_row('contacts') }} as raw
    from {{ unread_rows(source('landing', 'contacts')) }}
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
        {{ typed_text('(raw).contact_id') }} as contact_id,
        {{ typed_text('(raw).source_system') }} as source_system,
        {{ email_address(typed_text('(raw).email')) }} as email,
        {{ typed_text('(raw).phone') }} as phone_original,
        {{ typed_text('(raw).loyalty_card_id') }} as loyalty_card_id,
        {{ typed_text('(raw).first_name') }} as first_name,
        {{ typed_text('(raw).last_name') }} as last_name,
        {{ typed_date('(raw).birth_date') }} as birth_date,
        {{ typed_text('(raw).gender') }} as gender,
        {{ typed_text('(raw).street') }} as street,
        {{ typed_text('(raw).city') }} as city,
        {{ typed_text('(raw).region') }} as region,
        {{ typed_text('(raw).postal_code') }} as postal_code,
        {{ typed_code('(raw).country_code', 2) }} as country_code,
        {{ typed_text('(raw).occupation') }} as occupation,
        {{ lower_case(typed_text('(raw).language_code')) }} as language_code,
        {{ typed_text('(raw).social_profile') }} as social_profile,
        {{ typed_text('(raw).acquisition_source') }} as acquisition_source,
        {{ typed_text('(raw).acquisition_campaign') }} as acquisition_campaign,
        {{ typed_timestamp('(raw).registered_at') }} as registered_at,
        {{ typed_timestamp('(raw).updated_at') }} as updated_at,
        {{ typed_boolean('(raw).is_deleted') }} as is_deleted
    from landed
    left join brands on landed.brand_id = brands.brand_id
    left join {{ landing_file_readings('contacts') }} as file_readings
        on landed.landed_file = file_readings.landed_file
),

judged as (
    select
        *,
        {{ phone_e164('phone_original', 'coalesce(country_code, brand_country_code)') }} as phone,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('contact_id') }},
            {{ reject_if_no_time('updated_at') }}
        ) as reject
    from read
),

typed as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        contact_id,
        source_system,
        email,
        {{ email_key('email') }} as email_key,
        phone,
        phone_original,
        loyalty_card_id,
        first_name,
        last_name,
        case
            when birth_date between date '1900-01-01' and load_date
                then birth_date
        end as birth_date,
        gender,
        street,
        city,
        region,
        postal_code,
        country_code,
        occupation,
        language_code,
        social_profile,
        acquisition_source,
        acquisition_campaign,
        {{ plausible_time('registered_at') }} as registered_at,
        {{ plausible_time('updated_at') }} as updated_at,
        is_deleted,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('contacts') }} as landing_signature,
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
        where (brand_id, contact_id) in (
            select
                typed.brand_id,
                typed.contact_id
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
            when reject_reason_code is null then min(updated_at) over (
                partition by brand_id, contact_id, reject_reason_code is null
            )
        end as first_updated_at,
        case
            when reject_reason_code is null then row_number() over (
                partition by brand_id, contact_id, reject_reason_code is null
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
