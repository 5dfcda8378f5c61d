-- A combination of scores without a segment would leave customers out of every campaign, and a
-- segment that an earlier line always hides would be a promise that nothing can keep.
with score_values as (
    select 1 as score
    union all
    select 2 as score
    union all
    select 3 as score
    union all
    select 4 as score
    union all
    select 5 as score
),

rfm_segments as (
    select
        priority,
        rfm_segment,
        recency_min,
        recency_max,
        frequency_min,
        frequency_max,
        monetary_min,
        monetary_max
    from {{ ref('rfm_segments') }}
),

cells_matched as (
    select
        recency.score as recency_score,
        frequency.score as frequency_score,
        monetary.score as monetary_score,
        rfm_segments.priority,
        rfm_segments.rfm_segment,
        row_number() over (
            partition by recency.score, frequency.score, monetary.score
            order by rfm_segments.priority
        ) as match_number
    from score_values as recency
    cross join score_values as frequency
    cross join score_values as monetary
    left join rfm_segments
        on
            recency.score between rfm_segments.recency_min and rfm_segments.recency_max
            and frequency.score between rfm_segments.frequency_min and rfm_segments.frequency_max
            and monetary.score between rfm_segments.monetary_min and rfm_segments.monetary_max
),

first_matches as (
    select recency_score, frequency_score, monetary_score, priority, rfm_segment
    from cells_matched
    where match_number = 1
),

failures as (
    select
        'no segment for '
        || cast(
            recency_score * 100 + frequency_score * 10 + monetary_score as {{ type_string() }}
        ) as failure
    from first_matches
    where rfm_segment is null

    union all

    select 'no scores reach line ' || cast(rfm_segments.priority as {{ type_string() }}) as failure
    from rfm_segments
    left join first_matches
        on rfm_segments.priority = first_matches.priority
    where first_matches.priority is null

    union all

    select 'there are not 125 combinations' as failure
    from first_matches
    having count(*) <> 125
)

select * from failures
