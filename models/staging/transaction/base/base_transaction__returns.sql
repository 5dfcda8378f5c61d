{{ config(materialized='table', pre_hook="{{ register_landing_files('returns') }}") }}

with

landed as (
    select
        {{ landing_brand() }} as brand_id,
        {{ landing_load_date() }} as load_date_text,
        _file as source_file,
        _line as source_line_text,
        {{ landed_row('returns') }} as raw
    from {{ source('landing', 'returns') }}
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
        {{ typed_text('(raw).return_id') }} as return_id,
        {{ typed_text('(raw).order_id') }} as order_id,
        {{ typed_integer('(raw).line_number') }} as line_number,
        {{ typed_text('(raw).product_id') }} as product_id,
        {{ typed_decimal('(raw).quantity', 18, 3) }} as quantity,
        {{ typed_decimal('(raw).refund_amount', 18, 2) }} as refund_amount_original,
        {{ typed_enum('(raw).return_type', contract_values('returns', 'return_type')) }}
            as return_type,
        {{ typed_text('(raw).reason') }} as reason,
        {{ typed_timestamp('(raw).returned_at') }} as returned_at
    from landed
    left join brands on landed.brand_id = brands.brand_id
),

judged as (
    select
        *,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('return_id') }},
            {{ reject_if_null('order_id') }},
            {{ reject_if_null(
                'refund_amount_original', 'refund_amount', otherwise='unreadable_value'
            ) }},
            {{ reject_if_no_time('returned_at') }}
        ) as reject
    from read
),

typed as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        return_id,
        order_id,
        line_number,
        product_id,
        quantity,
        refund_amount_original,
        return_type,
        reason,
        {{ plausible_time('returned_at') }} as returned_at,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('returns') }} as landing_signature
    from judged
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, return_id, reject_reason_code is null
            order by load_date desc, version_hash desc, source_file, source_line
        ) as version_rank
    from typed
)

select * from ranked
