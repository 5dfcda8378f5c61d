{#
    What is over age is counted, so that it does not vanish in silence. It reads the base models, since
    staging has no such rows any more.
#}
with

cuts as (
    select * from {{ ref('stg_privacy__retention_cuts') }}
),

landed as (
    select
        'contacts' as feed,
        updated_at as happened_at
    from {{ ref('base_contact__contacts') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select
        'orders' as feed,
        ordered_at as happened_at
    from {{ ref('base_transaction__orders') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select
        'order_lines' as feed,
        coalesce(updated_at, cast(load_date as timestamp)) as happened_at
    from {{ ref('base_transaction__order_lines') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select
        'returns' as feed,
        returned_at as happened_at
    from {{ ref('base_transaction__returns') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select
        'events' as feed,
        occurred_at as happened_at
    from {{ ref('base_engagement__events') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select
        'share_codes' as feed,
        created_at as happened_at
    from {{ ref('base_engagement__share_codes') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select
        'reviews' as feed,
        reviewed_at as happened_at
    from {{ ref('base_engagement__reviews') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select
        'survey_responses' as feed,
        answered_at as happened_at
    from {{ ref('base_engagement__survey_responses') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select
        'message_events' as feed,
        occurred_at as happened_at
    from {{ ref('base_communication__message_events') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select
        'campaign_controls' as feed,
        held_out_at as happened_at
    from {{ ref('base_communication__campaign_controls') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select
        'service_interactions' as feed,
        opened_at as happened_at
    from {{ ref('base_communication__service_interactions') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select
        'loyalty_events' as feed,
        occurred_at as happened_at
    from {{ ref('base_loyalty__loyalty_events') }}
    where reject_reason_code is null and version_rank = 1
),

counted as (
    select
        landed.feed,
        cuts.retention_days,
        cuts.cut_at,
        count(*) as record_count,
        count(case when landed.happened_at < cuts.cut_at then 1 end) as expired_count,
        min(case when coalesce(landed.happened_at >= cuts.cut_at, true) then landed.happened_at end)
            as oldest_kept_at
    from landed
    left join cuts
        on landed.feed = cuts.feed
    group by landed.feed, cuts.retention_days, cuts.cut_at
)

select * from counted
