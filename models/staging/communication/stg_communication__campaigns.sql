with

base_communication__campaigns as (
    select * from {{ ref('base_communication__campaigns') }}
),

latest_versions as (
    select
        brand_id,
        load_date,
        source_file,
        source_line,
        campaign_id as record_id,
        campaign_id,
        campaign_name,
        channel,
        scenario,
        offer_type,
        started_at,
        ended_at,
        cost_amount_original,
        currency_code
    from base_communication__campaigns
    where reject_reason_code is null and version_rank = 1
)

select * from latest_versions
