with

audiences as (
    select * from {{ ref('audiences') }}
),

candidates as (
    select * from {{ ref('audience_candidates') }}
),

audience_overlap as (
    select * from {{ ref('audience_overlap') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

candidates_counted as (
    select
        audience_name,
        count(*) as qualified_count,
        count(case when excluded_reason = 'suspect' then 1 end) as suspect_count,
        count(case when excluded_reason = 'no_profiling_consent' then 1 end)
            as no_profiling_consent_count,
        count(case when excluded_reason = 'not_contactable' then 1 end) as not_contactable_count,
        count(case when excluded_reason = 'cooling_down' then 1 end) as cooling_down_count,
        count(case when excluded_reason = 'fatigued' then 1 end) as fatigued_count,
        count(case when excluded_reason is null then 1 end) as member_count,
        count(distinct case when excluded_reason is null then customer_id end) as customer_count,
        count(case when excluded_reason is null and is_held_out then 1 end) as held_out_count,
        min(case when excluded_reason is null then entered_at end) as first_entered_at,
        max(case when excluded_reason is null then entered_at end) as last_entered_at
    from candidates
    group by audience_name
),

brands_counted as (
    select
        audience_name,
        brand_id,
        count(*) as member_count
    from candidates
    where excluded_reason is null
    group by audience_name, brand_id
),

brands_listed as (
    select
        audience_name,
        {{ joined_text("concat(brand_id, ':', cast(member_count as " ~ type_string() ~ "))") }}
            as member_counts_by_brand
    from brands_counted
    group by audience_name
),

overlaps_ranked as (
    select
        audience_name,
        other_audience_name,
        both_share,
        row_number() over (
            partition by audience_name
            order by both_count desc, other_audience_name
        ) as overlap_rank
    from audience_overlap
),

overlaps_counted as (
    select
        audience_name,
        count(*) as overlapping_audience_count
    from audience_overlap
    group by audience_name
),

measured as (
    select
        audiences.audience_name,
        as_of.as_of_date,
        audiences.description,
        audiences.owner,
        audiences.treatment,
        audiences.purpose,
        audiences.channels,
        audiences.cool_down_days,
        audiences.holdout_share,
        cast(coalesce(candidates_counted.qualified_count, 0) as bigint) as qualified_count,
        cast(coalesce(candidates_counted.suspect_count, 0) as bigint) as suspect_count,
        cast(coalesce(candidates_counted.no_profiling_consent_count, 0) as bigint)
            as no_profiling_consent_count,
        cast(coalesce(candidates_counted.not_contactable_count, 0) as bigint)
            as not_contactable_count,
        cast(coalesce(candidates_counted.cooling_down_count, 0) as bigint) as cooling_down_count,
        cast(coalesce(candidates_counted.fatigued_count, 0) as bigint) as fatigued_count,
        cast(coalesce(candidates_counted.member_count, 0) as bigint) as member_count,
        cast(coalesce(candidates_counted.customer_count, 0) as bigint) as customer_count,
        cast(coalesce(candidates_counted.held_out_count, 0) as bigint) as held_out_count,
        coalesce(brands_listed.member_counts_by_brand, '') as member_counts_by_brand,
        cast(coalesce(overlaps_counted.overlapping_audience_count, 0) as bigint)
            as overlapping_audience_count,
        overlaps_ranked.other_audience_name as largest_overlap_audience_name,
        overlaps_ranked.both_share as largest_overlap_share,
        candidates_counted.first_entered_at,
        candidates_counted.last_entered_at
    from audiences
    cross join as_of
    left join candidates_counted
        on audiences.audience_name = candidates_counted.audience_name
    left join brands_listed
        on audiences.audience_name = brands_listed.audience_name
    left join overlaps_counted
        on audiences.audience_name = overlaps_counted.audience_name
    left join overlaps_ranked
        on
            audiences.audience_name = overlaps_ranked.audience_name
            and overlaps_ranked.overlap_rank = 1
)

select * from measured
