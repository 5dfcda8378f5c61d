with

base_engagement__survey_responses as (
    select * from {{ ref('base_engagement__survey_responses') }}
),

valid as (
    select * from base_engagement__survey_responses where reject_reason_code is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, response_id
            order by load_date desc, version_hash desc
        ) as version_rank
    from valid
),

latest as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        record_id,
        response_id,
        survey_id,
        question_key,
        answer,
        contact_id,
        email,
        email_key,
        answered_at
    from ranked
    where version_rank = 1
)

select * from latest
