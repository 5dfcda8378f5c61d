{{ config(
    materialized=loaded_by_file(),
    incremental_strategy='delete+insert',
    unique_key=['brand_id', 'order_id', 'line_number'],
    on_schema_change='fail',
    pre_hook=[
        "{{ register_landing_files('order_lines') }}",
        "{{ register_file_readings('order_lines') }}",
        "{{ choose_unread_files('order_lines') }}",
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
        {{ landed_row('order_lines') }} as raw
    from {{ unread_rows(source('landing', 'order_lines')) }}
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
        file_readings.landing_file_id,
        landed.source_file,
        {{ safe_bigint('landed.source_line_text') }} as source_line,
        landed.raw,
        {{ typed_text('(raw).order_id') }} as order_id,
        {{ typed_integer('(raw).line_number') }} as line_number,
        {{ typed_text('(raw).product_id') }} as product_id,
        {{ typed_decimal('(raw).quantity', 18, 3) }} as quantity,
        {{ typed_decimal('(raw).unit_price', 18, 6) }} as unit_price_amount_original,
        {{ typed_decimal('(raw).discount_amount', 18, 2) }} as discount_amount_original,
        {{ typed_timestamp('(raw).updated_at') }} as updated_at
    from landed
    left join brands on landed.brand_id = brands.brand_id
    left join {{ landing_file_readings('order_lines') }} as file_readings
        on landed.landed_file = file_readings.landed_file
),

judged as (
    select
        *,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('order_id') }},
            {{ reject_if_null('line_number', otherwise='unreadable_value') }},
            {{ reject_if_null('product_id') }},
            {{ reject_if_null('quantity', otherwise='unreadable_value') }},
            {{ reject_if_null(
                'unit_price_amount_original', 'unit_price', otherwise='unreadable_value'
            ) }}
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
        line_number,
        product_id,
        quantity,
        unit_price_amount_original,
        discount_amount_original,
        {{ plausible_time('updated_at') }} as updated_at,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('order_lines') }} as landing_signature,
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
        where (brand_id, order_id, line_number) in (
            select
                typed.brand_id,
                typed.order_id,
                typed.line_number
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
                partition by brand_id, order_id, line_number, reject_reason_code is null
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
