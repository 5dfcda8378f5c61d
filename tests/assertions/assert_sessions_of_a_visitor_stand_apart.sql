-- Two sessions of one visitor closer together than the gap are one visit counted twice, which
-- halves every conversion rate.
with sessions as (
    select brand_id, visitor_key, session_id, started_at, ended_at
    from {{ ref('int_engagement__sessions') }}
),

sessions_preceded as (
    select
        session_id,
        started_at,
        lag(ended_at) over (
            partition by brand_id, visitor_key
            order by started_at, session_id
        ) as previous_ended_at
    from sessions
)

select *
from sessions_preceded
where
    {{ epoch_microseconds('started_at') }} - {{ epoch_microseconds('previous_ended_at') }}
    <= {{ var('session_gap_minutes') | int * 60000000 }}
