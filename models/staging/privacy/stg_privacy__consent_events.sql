with

base_privacy__consent_events as (
    select * from {{ ref('base_privacy__consent_events') }}
),

valid as (
    select * from base_privacy__consent_events where reject_reason_code is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, consent_event_id
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
    from ranked
    where version_rank = 1
)

select * from latest
