with

base_communication__campaigns as (
    select * from {{ ref('base_communication__campaigns') }}
),

valid as (
    select * from base_communication__campaigns where reject_reason_code is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by brand_id, campaign_id
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
        campaign_id,
        campaign_name,
        channel,
        scenario,
        offer_type,
        started_at,
        ended_at,
        cost_amount_original,
        currency_code
    from ranked
    where version_rank = 1
)

select * from latest
