with

base_engagement__survey_responses as (
    select * from {{ ref('base_engagement__survey_responses') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        response_id as record_id,
        response_id,
        survey_id,
        question_key,
        answer,
        contact_id,
        email,
        email_key,
        answered_at
    from base_engagement__survey_responses
    where
        reject_reason_code is null
        and version_rank = 1
        and {{ is_retained('survey_responses', 'answered_at') }}
)

select * from latest_versions
