-- Scores and segment of everybody within each population, for rfm_scores and for customer_history.
with measures as (
    select
        customer_id,
        scope,
        month_number,
        last_order_at,
        recency_days,
        frequency,
        monetary_amount
    from {{ ref('int_transaction__rfm_populations') }}
),

cuts as (
    select scope, month_number, measure, cut_20, cut_40, cut_60, cut_80
    from {{ ref('int_transaction__rfm_cuts') }}
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

customers_scored as (
    select
        measures.customer_id,
        measures.scope,
        measures.month_number,
        measures.last_order_at,
        measures.recency_days,
        measures.frequency,
        measures.monetary_amount,
        6 - {{ quintile_score('measures.recency_days', 'recency_cuts') }} as recency_score,
        {{ quintile_score('measures.frequency', 'frequency_cuts') }} as frequency_score,
        {{ quintile_score('measures.monetary_amount', 'monetary_cuts') }} as monetary_score
    from measures
    inner join cuts as recency_cuts
        on
            recency_cuts.measure = 'recency'
            and measures.scope = recency_cuts.scope
            and measures.month_number = recency_cuts.month_number
    inner join cuts as frequency_cuts
        on
            frequency_cuts.measure = 'frequency'
            and measures.scope = frequency_cuts.scope
            and measures.month_number = frequency_cuts.month_number
    inner join cuts as monetary_cuts
        on
            monetary_cuts.measure = 'monetary'
            and measures.scope = monetary_cuts.scope
            and measures.month_number = monetary_cuts.month_number
),

cells as (
    select distinct
        recency_score,
        frequency_score,
        monetary_score
    from customers_scored
),

cells_matched as (
    select
        cells.recency_score,
        cells.frequency_score,
        cells.monetary_score,
        rfm_segments.rfm_segment,
        row_number() over (
            partition by cells.recency_score, cells.frequency_score, cells.monetary_score
            order by rfm_segments.priority
        ) as match_number
    from cells
    inner join rfm_segments
        on
            cells.recency_score between rfm_segments.recency_min and rfm_segments.recency_max
            and cells.frequency_score
            between rfm_segments.frequency_min and rfm_segments.frequency_max
            and cells.monetary_score
            between rfm_segments.monetary_min and rfm_segments.monetary_max
),

customers_segmented as (
    select
        customers_scored.customer_id,
        customers_scored.scope,
        customers_scored.month_number,
        customers_scored.last_order_at,
        customers_scored.recency_days,
        customers_scored.frequency,
        customers_scored.monetary_amount,
        cast(customers_scored.recency_score as integer) as recency_score,
        cast(customers_scored.frequency_score as integer) as frequency_score,
        cast(customers_scored.monetary_score as integer) as monetary_score,
        cast(customers_scored.recency_score as {{ dbt.type_string() }})
        || cast(customers_scored.frequency_score as {{ dbt.type_string() }})
        || cast(customers_scored.monetary_score as {{ dbt.type_string() }}) as rfm_score,
        cells_matched.rfm_segment
    from customers_scored
    left join cells_matched
        on
            customers_scored.recency_score = cells_matched.recency_score
            and customers_scored.frequency_score = cells_matched.frequency_score
            and customers_scored.monetary_score = cells_matched.monetary_score
            and cells_matched.match_number = 1
)

select * from customers_segmented
