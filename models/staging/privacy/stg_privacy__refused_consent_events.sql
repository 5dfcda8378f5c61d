{#
    Refused rows that may be a "no": whatever does not say "granted" in so many words. A row that could not
    be read must not leave an earlier grant standing as if the person had said nothing. It is answered by a
    valid row of the same id in a later delivery, which is how a source mends it.
#}
with

base_privacy__consent_events as (
    select * from {{ ref('base_privacy__consent_events') }}
),

valid_versions as (
    select
        {{ lower_case('trim(brand_id)') }} as brand_spelling,
        consent_event_id,
        max(load_date) as load_date
    from base_privacy__consent_events
    where reject_reason_code is null
    group by {{ lower_case('trim(brand_id)') }}, consent_event_id
),

refused as (
    select
        base_privacy__consent_events.brand_id,
        base_privacy__consent_events.load_date,
        base_privacy__consent_events.consent_event_id,
        row_number() over (
            partition by
                base_privacy__consent_events.brand_id,
                base_privacy__consent_events.consent_event_id
            order by
                base_privacy__consent_events.load_date,
                base_privacy__consent_events.version_hash,
                base_privacy__consent_events.source_file,
                base_privacy__consent_events.source_line
        ) as refusal_number,
        base_privacy__consent_events.contact_id,
        base_privacy__consent_events.email_key,
        base_privacy__consent_events.phone_original,
        base_privacy__consent_events.purpose,
        base_privacy__consent_events.channel,
        base_privacy__consent_events.decided_at
    from base_privacy__consent_events
    left join valid_versions
        on
            {{ lower_case('trim(base_privacy__consent_events.brand_id)') }}
            = valid_versions.brand_spelling
            and base_privacy__consent_events.consent_event_id = valid_versions.consent_event_id
            and base_privacy__consent_events.load_date < valid_versions.load_date
    where
        base_privacy__consent_events.reject_reason_code is not null
        and coalesce(base_privacy__consent_events.decision, '') <> 'granted'
        and valid_versions.consent_event_id is null
)

select * from refused
