with

base_communication__campaign_controls as (
    select * from {{ ref('base_communication__campaign_controls') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        control_id as record_id,
        control_id,
        campaign_id,
        contact_id,
        email,
        email_key,
        phone,
        phone_original,
        held_out_at
    from base_communication__campaign_controls
    where
        reject_reason_code is null
        and version_rank = 1
        and {{ is_retained('campaign_controls', 'held_out_at') }}
)

select * from latest_versions
