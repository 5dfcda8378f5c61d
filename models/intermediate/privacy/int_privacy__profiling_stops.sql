{#
    Whom nobody may profile, and where: the one definition that every mart which profiles leaves people out by.
    A brand's profile stops with a restriction, an objection or an erasure asked of its controller, and with
    profiling withdrawn at the brand. What is drawn from all brands together ('all') stops as soon as one of them
    must stop, since it would tell of that brand as well. Who was never asked is not here: to count what
    one's own customers did is a legitimate interest until they object; nothing of it leaves for a platform
    without a grant (sync_profiles).
#}
-- depends_on: {{ ref('int_changes__customers') }}
{{ config(materialized=made_by_key()) }}
with

brands as (
    select * from {{ ref('brands') }}
),

restrictions as (
    select * from {{ ref('int_privacy__restrictions') }}
),

consents as (
    select * from {{ ref('int_privacy__customer_consents') }}
),

stops_gathered as (
    select
        restrictions.customer_id,
        brands.brand_id,
        1 as is_restricted,
        0 as is_withdrawn
    from restrictions
    inner join brands
        on restrictions.controller_id = brands.controller_id

    union all

    -- Profiling is not a matter of channels: one closed channel closes it.
    select
        customer_id,
        brand_id,
        0 as is_restricted,
        1 as is_withdrawn
    from consents
    where purpose = 'profiling' and not is_granted
),

scopes_spread as (
    select
        customer_id,
        brand_id as scope,
        is_restricted,
        is_withdrawn
    from stops_gathered

    union all

    select
        customer_id,
        'all' as scope,
        is_restricted,
        is_withdrawn
    from stops_gathered
),

stops as (
    select
        customer_id,
        scope,
        max(is_restricted) = 1 as is_restricted,
        max(is_withdrawn) = 1 as is_withdrawn
    from scopes_spread
    group by customer_id, scope
)

select * from stops
