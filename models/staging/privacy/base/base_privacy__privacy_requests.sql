{{ config(materialized='table', pre_hook="{{ register_landing_files('privacy_requests') }}") }}

with

landed as (
    select
        {{ landing_brand() }} as brand_id,
        {{ landing_load_date() }} as load_date_text,
        _file as source_file,
        _line as source_line_text,
        {{ landed_row('privacy_requests') }} as raw
    from {{ source('landing', 'privacy_requests') }}
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
        landed.source_file,
        {{ safe_bigint('landed.source_line_text') }} as source_line,
        landed.raw,
        {{ typed_text('(raw).request_id') }} as request_id,
        {{ typed_enum('(raw).request_type', contract_values('privacy_requests', 'request_type')) }}
            as request_type,
        {{ typed_enum(
            '(raw).identifier_type', contract_values('privacy_requests', 'identifier_type')
        ) }} as identifier_type,
        {{ typed_text('(raw).identifier_value') }} as identifier_value_original,
        {{ typed_timestamp('(raw).requested_at') }} as requested_at
    from landed
    left join brands on landed.brand_id = brands.brand_id
),

normalised as (
    select
        *,
        case identifier_type
            when 'email' then {{ email_key(email_address('identifier_value_original')) }}
            when 'phone' then {{ phone_e164('identifier_value_original', 'brand_country_code') }}
            else identifier_value_original
        end as identifier_value
    from read
),

judged as (
    select
        *,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('request_id') }},
            {{ reject_if_null('request_type', otherwise='unknown_value') }},
            {{ reject_if_null('identifier_type', otherwise='unknown_value') }},
            {{ reject_if_null('identifier_value', otherwise='unreadable_value') }},
            {{ reject_if_no_time('requested_at') }}
        ) as reject
    from normalised
),

typed as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        request_id,
        request_type,
        identifier_type,
        identifier_value,
        identifier_value_original,
        {{ plausible_time('requested_at') }} as requested_at,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('privacy_requests') }} as landing_signature
    from judged
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, request_id, reject_reason_code is null
            order by load_date desc, version_hash desc, source_file, source_line
        ) as version_rank
    from typed
)

select * from ranked
