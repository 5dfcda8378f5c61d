with

base_communication__service_interactions as (
    select * from {{ ref('base_communication__service_interactions') }}
),

valid as (
    select * from base_communication__service_interactions where reject_reason_code is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, interaction_id
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
    from ranked
    where version_rank = 1
)

select * from latest
