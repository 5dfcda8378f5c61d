with

base_privacy__consent_events as (
    select * from {{ ref('base_privacy__consent_events') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        consent_event_id as record_id,
        consent_event_id,
        contact_id,
        email,
        email_key,
        phone,
        phone_original,
        purpose,
        channel,
        decision,
        legal_basis,
        decided_at
    from base_privacy__consent_events
    where reject_reason_code is null and version_rank = 1
)

select * from latest_versions
