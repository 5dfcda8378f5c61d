{{ config(materialized='table', pre_hook="{{ register_landing_files('survey_responses') }}") }}

with

landed as (
    select
        {{ landing_brand() }} as brand_id,
        {{ landing_load_date() }} as load_date_text,
        _file as source_file,
        _line as source_line_text,
        {{ landed_row('survey_responses') }} as raw
    from {{ source('landing', 'survey_responses') }}
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
        {{ typed_text('(raw).response_id') }} as response_id,
        {{ typed_text('(raw).survey_id') }} as survey_id,
        {{ typed_enum('(raw).question_key', contract_values('survey_responses', 'question_key')) }}
            as question_key,
        {{ typed_text('(raw).answer') }} as answer,
        {{ typed_text('(raw).contact_id') }} as contact_id,
        {{ email_address(typed_text('(raw).email')) }} as email,
        {{ typed_timestamp('(raw).answered_at') }} as answered_at
    from landed
    left join brands on landed.brand_id = brands.brand_id
),

judged as (
    select
        *,
        coalesce(
            {{ reject_if_misplaced() }},
            {{ reject_if_null('response_id') }},
            {{ reject_if_null('question_key', otherwise='unknown_value') }},
            {{ reject_if_null('answer') }},
            {{ reject_if_no_time('answered_at') }}
        ) as reject
    from read
),

typed as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        response_id,
        survey_id,
        question_key,
        answer,
        contact_id,
        email,
        {{ email_key('email') }} as email_key,
        {{ plausible_time('answered_at') }} as answered_at,
        split_part(reject, ':', 1) as reject_reason_code,
        split_part(reject, ':', 2) as reject_column,
        case when reject is not null then {{ json_text('raw') }} end as payload,
        {{ hash_row('raw') }} as version_hash,
        {{ landing_signature('survey_responses') }} as landing_signature
    from judged
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, response_id, reject_reason_code is null
            order by load_date desc, version_hash desc, source_file, source_line
        ) as version_rank
    from typed
)

select * from ranked
