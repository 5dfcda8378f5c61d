-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}
with

consents as (
    select * from {{ ref('int_privacy__customer_consents') }}
),

permissions as (
    select
        customer_id,
        brand_id,
        max(case when purpose = 'marketing' and is_granted then 1 else 0 end) = 1
            as has_marketing_consent,
        -- Profiling is not a matter of channels: one closed channel closes it.
        coalesce(
            min(case when purpose = 'profiling' then case when is_granted then 1 else 0 end end), 0
        ) = 1 as has_profiling_consent
    from consents
    group by customer_id, brand_id
)

select * from permissions
