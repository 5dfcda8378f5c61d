{{ config(materialized='table', pre_hook="{{ register_landing_files('service_interactions') }}") }}

with

landed as (
    select
        {{ landing_brand() }} as brand_id,
        {{ landing_load_date() }} as load_date_text,
        _file as source_file,
        _line as source_line_text,
        {{ landed_row('service_interactions') }} as raw
    from {{ source('landing', 'service_interactions') }}
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
        {{ typed_text('(raw).interaction_id') }} as interaction_id,
        {{ typed_text('(raw).channel') }} as channel,
        {{ typed_enum('(raw).direction', contract_values('service_interactions', 'direction')) }}
            as direction,
        {{ typed_text('(raw).contact_id') }} as contact_id,
        {{ email_address(typed_text('(raw).email')) }} as email,
        {{ typed_text('(raw).phone') }} as phone_original,
        {{ typed_text('(raw).order_id') }} as order_id,
        {{ typed_text('(raw).topic') }} as topic,
        {{ typed_timestamp('(raw).opened_at') }} as opened_at,
        {{ typed_timestamp('(raw).first_response_at') }} as first_response_at,
        {{ typed_timestamp('(raw).resolved_at') }} as resolved_at,
        {{ typed_integer('(raw).satisfaction_score') }} as satisfaction_score,
        {{ typed_text('(raw).note') }} as note
    from landed
    left join brands on landed.brand_id = brands.brand_id
),

judged as (
    select
        *,
        {{ phone_e164('phone_original', 'brand_country_code') }} as phone,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('interaction_id') }},
            {{ reject_if_null('channel') }},
            {{ reject_if_null('direction', otherwise='unknown_value') }},
            {{ reject_if_no_time('opened_at') }}
        ) as reject
    from read
),

typed as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        interaction_id,
        channel,
        direction,
        contact_id,
        email,
        {{ email_key('email') }} as email_key,
        phone,
        phone_original,
        order_id,
        topic,
        {{ plausible_time('opened_at') }} as opened_at,
        {{ plausible_time('first_response_at') }} as first_response_at,
        {{ plausible_time('resolved_at') }} as resolved_at,
        satisfaction_score,
        note,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('service_interactions') }} as landing_signature
    from judged
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, interaction_id, reject_reason_code is null
            order by load_date desc, version_hash desc, source_file, source_line
        ) as version_rank
    from typed
)

select * from ranked
