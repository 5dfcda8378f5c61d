with

base_communication__service_interactions as (
    select * from {{ ref('base_communication__service_interactions') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        interaction_id as record_id,
        interaction_id,
        channel,
        direction,
        contact_id,
        email,
        email_key,
        phone,
        phone_original,
        order_id,
        topic,
        opened_at,
        first_response_at,
        resolved_at,
        satisfaction_score,
        note
    from base_communication__service_interactions
    where
        reject_reason_code is null
        and version_rank = 1
        and {{ is_retained('service_interactions', 'opened_at') }}
)

select * from latest_versions
