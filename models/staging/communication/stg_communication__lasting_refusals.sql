{#
    Unsubscriptions and complaints that stg_communication__message_events does not have, since they were
    refused or are over age. A "no" that could not be read must not leave an earlier grant standing as if
    nothing had been said, and a "no" outlives what it is about. One that names nobody by itself is of
    whom the other events of its message name.
#}
with

base_communication__message_events as (
    select * from {{ ref('base_communication__message_events') }}
),

valid_versions as (
    select
        {{ lower_case('trim(brand_id)') }} as brand_spelling,
        event_id,
        max(load_date) as load_date
    from base_communication__message_events
    where reject_reason_code is null and event_type in ('unsubscribed', 'complained')
    group by {{ lower_case('trim(brand_id)') }}, event_id
),

refused as (
    select
        base_communication__message_events.brand_id,
        base_communication__message_events.event_id,
        row_number() over (
            partition by
                base_communication__message_events.brand_id,
                base_communication__message_events.event_id
            order by
                base_communication__message_events.load_date,
                base_communication__message_events.version_hash,
                base_communication__message_events.source_file,
                base_communication__message_events.source_line
        ) as refusal_number,
        base_communication__message_events.message_id,
        base_communication__message_events.channel,
        base_communication__message_events.event_type,
        base_communication__message_events.contact_id,
        base_communication__message_events.email_key,
        base_communication__message_events.phone_original,
        base_communication__message_events.occurred_at
    from base_communication__message_events
    left join valid_versions
        on
            {{ lower_case('trim(base_communication__message_events.brand_id)') }}
            = valid_versions.brand_spelling
            and base_communication__message_events.event_id = valid_versions.event_id
            and base_communication__message_events.load_date < valid_versions.load_date
    where
        base_communication__message_events.reject_reason_code is not null
        and base_communication__message_events.event_type in ('unsubscribed', 'complained')
        and valid_versions.event_id is null
),

refusals as (
    select
        true as is_refused,
        brand_id,
        event_id,
        refusal_number,
        message_id,
        channel,
        event_type,
        contact_id,
        email_key,
        phone_original,
        occurred_at
    from refused

    union all

    select
        false as is_refused,
        brand_id,
        event_id,
        1 as refusal_number,
        message_id,
        channel,
        event_type,
        contact_id,
        email_key,
        phone_original,
        occurred_at
    from base_communication__message_events
    where
        reject_reason_code is null
        and version_rank = 1
        and event_type in ('unsubscribed', 'complained')
        and not {{ is_retained('message_events', 'occurred_at') }}
),

messages as (
    select
        brand_id,
        message_id,
        min(contact_id) as contact_id,
        min(email_key) as email_key,
        min(phone_original) as phone_original
    from base_communication__message_events
    where
        reject_reason_code is null
        and (brand_id, message_id) in (
            select
                refusals.brand_id,
                refusals.message_id
            from refusals
        )
    group by brand_id, message_id
),

brands as (
    select
        brand_id,
        country_code
    from {{ ref('brands') }}
),

-- Whom a row names by itself is believed alone.
refusals_named as (
    select
        refusals.*,
        coalesce(refusals.contact_id, refusals.email_key, refusals.phone_original) is null
            as is_of_message,
        messages.contact_id as message_contact_id,
        messages.email_key as message_email_key,
        messages.phone_original as message_phone_original,
        brands.country_code
    from refusals
    left join messages
        on refusals.brand_id = messages.brand_id and refusals.message_id = messages.message_id
    left join brands on refusals.brand_id = brands.brand_id
),

refusals_resolved as (
    select
        is_refused,
        brand_id,
        event_id,
        refusal_number,
        message_id,
        channel,
        event_type,
        case when is_of_message then message_contact_id else contact_id end as contact_id,
        case when is_of_message then message_email_key else email_key end as email_key,
        case when is_of_message then message_phone_original else phone_original end
            as phone_original,
        country_code,
        occurred_at
    from refusals_named
),

lasting_refusals as (
    select
        is_refused,
        brand_id,
        event_id,
        refusal_number,
        message_id,
        channel,
        event_type,
        contact_id,
        email_key,
        {{ phone_e164('phone_original', 'country_code') }} as phone,
        phone_original,
        occurred_at
    from refusals_resolved
)

select * from lasting_refusals
