{{ config(materialized='table', pre_hook="{{ register_landing_files('campaign_controls') }}") }}

with

landed as (
    select
        {{ landing_brand() }} as brand_id,
        {{ landing_load_date() }} as load_date_text,
        _file as source_file,
        _line as source_line_text,
        {{ landed_row('campaign_controls') }} as raw
    from {{ source('landing', 'campaign_controls') }}
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
        {{ typed_text('(raw).control_id') }} as control_id,
        {{ typed_text('(raw).campaign_id') }} as campaign_id,
        {{ typed_text('(raw).contact_id') }} as contact_id,
        {{ email_address(typed_text('(raw).email')) }} as email,
        {{ typed_text('(raw).phone') }} as phone_original,
        {{ typed_timestamp('(raw).held_out_at') }} as held_out_at
    from landed
    left join brands on landed.brand_id = brands.brand_id
),

judged as (
    select
        *,
        {{ phone_e164('phone_original', 'brand_country_code') }} as phone,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('control_id') }},
            {{ reject_if_null('campaign_id') }},
            {{ reject_if_no_time('held_out_at') }}
        ) as reject
    from read
),

typed as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        control_id,
        campaign_id,
        contact_id,
        email,
        {{ email_key('email') }} as email_key,
        phone,
        phone_original,
        {{ plausible_time('held_out_at') }} as held_out_at,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('campaign_controls') }} as landing_signature
    from judged
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, control_id, reject_reason_code is null
            order by load_date desc, version_hash desc, source_file, source_line
        ) as version_rank
    from typed
)

select * from ranked
