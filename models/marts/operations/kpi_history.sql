{#
    The days of kpi_daily, and those whose rows are over age since: it remembers what was counted while the rows were
    there, and nothing of anybody. So it survives a full refresh, like identity_redirects, and a
    warehouse that begins anew has no day before the cut. A day is frozen once a part of its rows is over age; until
    then it is counted anew with every build, late rows and corrections included. Every row is written anew, hence
    a key that all have.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='1',
    full_refresh=false,
    on_schema_change='append_new_columns'
) }}

with

days_counted as (
    select * from {{ ref('kpi_daily') }}
),

cuts as (
    select * from {{ ref('stg_privacy__retention_cuts') }}
    where feed in ('orders', 'returns', 'events', 'service_interactions')
),

days_remembered as (
    {% if is_incremental() %}
        select * from {{ this }}
    {% else %}
        select
            *,
            false as is_frozen
        from days_counted
        where false
    {% endif %}
),

-- What was frozen stays so, also where somebody builds as of an earlier day.
bounds as (
    select max(last_date) as last_frozen_date
    from (
        select max(cast(cut_at as date)) as last_date
        from cuts
        union all
        select max(kpi_date) as last_date
        from days_remembered
        where is_frozen
    ) as dates
),

days_joined as (
    select
        days_counted.*,
        false as is_frozen
    from days_counted
    cross join bounds
    where coalesce(days_counted.kpi_date > bounds.last_frozen_date, true)

    union all

    select
        days_remembered.brand_id,
        days_remembered.kpi_date,
        days_remembered.order_count,
        days_remembered.known_customer_order_count,
        days_remembered.ordering_customer_count,
        days_remembered.new_customer_count,
        days_remembered.gross_amount,
        days_remembered.return_count,
        days_remembered.refund_amount,
        days_remembered.net_amount,
        days_remembered.session_count,
        days_remembered.purchase_session_count,
        days_remembered.abandoned_cart_count,
        days_remembered.interaction_count,
        days_remembered.average_order_amount,
        days_remembered.net_amount_per_customer,
        days_remembered.returning_customer_share,
        days_remembered.conversion_rate,
        days_remembered.average_first_response_minutes,
        true as is_frozen
    from days_remembered
    cross join bounds
    where days_remembered.kpi_date <= bounds.last_frozen_date
)

select * from days_joined
