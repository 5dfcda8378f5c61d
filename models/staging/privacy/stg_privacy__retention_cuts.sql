{#
    From which moment on the rows of a feed are kept. It counts from as_of, which is told here from the base models:
    int_operations__as_of reads the staging views, and these ask here. Both say the same, since the newest
    row of all is never over age.
#}
{{ config(materialized='table') }}

with

retention as (
    select * from {{ ref('retention') }}
),

moments as (
    select max(ordered_at) as newest_at
    from {{ ref('base_transaction__orders') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select max(returned_at) as newest_at
    from {{ ref('base_transaction__returns') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select max(occurred_at) as newest_at
    from {{ ref('base_engagement__events') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select max(created_at) as newest_at
    from {{ ref('base_engagement__share_codes') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select max(reviewed_at) as newest_at
    from {{ ref('base_engagement__reviews') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select max(answered_at) as newest_at
    from {{ ref('base_engagement__survey_responses') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select max(occurred_at) as newest_at
    from {{ ref('base_communication__message_events') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select max(opened_at) as newest_at
    from {{ ref('base_communication__service_interactions') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select max(occurred_at) as newest_at
    from {{ ref('base_loyalty__loyalty_events') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select max(decided_at) as newest_at
    from {{ ref('base_privacy__consent_events') }}
    where reject_reason_code is null and version_rank = 1
    union all
    select max(requested_at) as newest_at
    from {{ ref('base_privacy__privacy_requests') }}
    where reject_reason_code is null and version_rank = 1
),

registrations as (
    select max(registered_at) as newest_at
    from {{ ref('base_contact__contacts') }}
    where reject_reason_code is null and version_rank = 1
),

as_of as (
    select
        case
            when '{{ var('as_of') }}' = ''
                then coalesce(max(moments.newest_at), max(registrations.newest_at))
            else {{ typed_timestamp("'" ~ var('as_of') ~ "'") }}
        end as as_of_at
    from moments
    cross join registrations
),

-- A feed is kept as long as one of its purposes needs it.
feeds_limited as (
    select
        feed,
        case
            when count(*) = count(retention_days) then max(retention_days)
        end as retention_days
    from retention
    group by feed
),

cuts as (
    select
        feeds_limited.feed,
        feeds_limited.retention_days,
        as_of.as_of_at,
        {{ from_epoch_microseconds(
            epoch_microseconds('as_of.as_of_at')
            ~ " - cast(feeds_limited.retention_days as bigint) * 86400000000"
        ) }} as cut_at
    from feeds_limited
    cross join as_of
)

select * from cuts
