{{ config(materialized='table', pre_hook="{{ register_landing_files('campaigns') }}") }}

with

landed as (
    select
        {{ landing_brand() }} as brand_id,
        {{ landing_load_date() }} as load_date_text,
        _file as source_file,
        _line as source_line_text,
        {{ landed_row('campaigns') }} as raw
    from {{ source('landing', 'campaigns') }}
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
        {{ typed_date('landed.load_date_text') }} as load_date,
        landed.source_file,
        {{ safe_bigint('landed.source_line_text') }} as source_line,
        landed.raw,
        {{ typed_text('(raw).campaign_id') }} as campaign_id,
        {{ typed_text('(raw).campaign_name') }} as campaign_name,
        {{ typed_text('(raw).channel') }} as channel,
        {{ typed_text('(raw).scenario') }} as scenario,
        {{ typed_text('(raw).offer_type') }} as offer_type,
        {{ typed_timestamp('(raw).started_at') }} as started_at,
        {{ typed_timestamp('(raw).ended_at') }} as ended_at,
        {{ typed_decimal('(raw).cost_amount', 18, 2) }} as cost_amount_original,
        {{ typed_code('(raw).currency_code', 3) }} as currency_code
    from landed
    left join brands on landed.brand_id = brands.brand_id
),

judged as (
    select
        *,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('campaign_id') }}
        ) as reject
    from read
),

typed as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        campaign_id,
        campaign_name,
        channel,
        scenario,
        offer_type,
        started_at,
        ended_at,
        cost_amount_original,
        currency_code,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('campaigns') }} as landing_signature
    from judged
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, campaign_id, reject_reason_code is null
            order by load_date desc, version_hash desc, source_file, source_line
        ) as version_rank
    from typed
)

select * from ranked
