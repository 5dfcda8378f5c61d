-- A view, since it only puts together what is kept in two places.
{{ config(materialized='view') }}

with past_activity_scores as (
    select customer_id, brand_id, month_number, activity_score
    from {{ ref('int_history__past_activity_scores') }}
),

current_activity_scores as (
    select customer_id, brand_id, month_number, activity_score
    from {{ ref('int_history__current_activity_scores') }}
),

scores_united as (
    select customer_id, brand_id, month_number, activity_score
    from past_activity_scores
    union all
    select customer_id, brand_id, month_number, activity_score
    from current_activity_scores
)

select * from scores_united
