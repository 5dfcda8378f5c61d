-- Mail scanners open everything and click every link; one that slipped into the counts would make
-- the dullest campaign the best.
with message_events as (
    select brand_id, message_id, event_type, is_robot
    from {{ ref('int_communication__message_events') }}
    where event_type in ('opened', 'clicked')
),

messages as (
    select brand_id, message_id, opened_count, clicked_count
    from {{ ref('int_communication__messages') }}
),

people_counted as (
    select
        brand_id,
        message_id,
        count(case when event_type = 'opened' and not is_robot then 1 end) as opened_count,
        count(case when event_type = 'clicked' and not is_robot then 1 end) as clicked_count
    from message_events
    group by brand_id, message_id
)

select
    messages.brand_id,
    messages.message_id
from messages
left join people_counted
    on
        messages.brand_id = people_counted.brand_id
        and messages.message_id = people_counted.message_id
where
    messages.opened_count <> coalesce(people_counted.opened_count, 0)
    or messages.clicked_count <> coalesce(people_counted.clicked_count, 0)
