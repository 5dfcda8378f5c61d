-- Sessions are found on a few columns and joined back to the events; an event that fell out there,
-- or came twice, would bend every rate that is counted in visits.
with events as (
    select brand_id
    from {{ ref('stg_engagement__events') }}
),

sessions as (
    select brand_id, event_count
    from {{ ref('sessions') }}
),

counts_united as (
    select brand_id, count(*) as event_count, 0 as session_event_count
    from events
    group by brand_id

    union all

    select brand_id, 0 as event_count, sum(event_count) as session_event_count
    from sessions
    group by brand_id
),

counts_compared as (
    select
        brand_id,
        sum(event_count) as event_count,
        sum(session_event_count) as session_event_count
    from counts_united
    group by brand_id
)

select *
from counts_compared
where event_count <> session_event_count
