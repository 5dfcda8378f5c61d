-- Does writing more often hurt?
--   dbt show --limit 100 --select does_frequency_hurt
-- How to read it: one row per channel and number of messages that the same customer had got there
-- in the 30 days before (0, 1, 2, 3-4, 5 or more). If opens and clicks fall and unsubscribes rise
-- down the rows of a channel, the limit of seeds/contact_limits.csv belongs where that begins. It
-- compares different people, and brands write most to those who answer: only a test with a
-- hold-out proves a cause. Row 0 also holds welcome messages, which people get as they buy.
with message_responses as (
    select
        brand_id,
        message_id,
        customer_id,
        channel,
        is_opened,
        is_clicked,
        is_unsubscribed,
        is_complained,
        is_converted,
        sent_at
    from {{ ref('int_communication__message_responses') }}
    where is_reached and customer_id is not null
),

messages_preceded as (
    select
        later.brand_id,
        later.message_id,
        later.channel,
        count(earlier.message_id) as message_count
    from message_responses as later
    left join message_responses as earlier
        on
            later.customer_id = earlier.customer_id
            and later.channel = earlier.channel
            and later.sent_at > earlier.sent_at
            and {{ epoch_microseconds('later.sent_at') }}
            - {{ epoch_microseconds('earlier.sent_at') }} <= {{ 30 * 86400000000 }}
    group by later.brand_id, later.message_id, later.channel
),

messages_banded as (
    select
        message_responses.channel,
        case
            when messages_preceded.message_count >= 5 then '5 or more'
            when messages_preceded.message_count >= 3 then '3-4'
            else cast(messages_preceded.message_count as {{ type_string() }})
        end as messages_before,
        message_responses.is_opened,
        message_responses.is_clicked,
        message_responses.is_unsubscribed,
        message_responses.is_complained,
        message_responses.is_converted
    from message_responses
    inner join messages_preceded
        on
            message_responses.brand_id = messages_preceded.brand_id
            and message_responses.message_id = messages_preceded.message_id
),

bands_compared as (
    select
        channel,
        messages_before,
        count(*) as message_count,
        round(avg(case when is_opened then 1.0 else 0 end), 4) as open_rate,
        round(avg(case when is_clicked then 1.0 else 0 end), 4) as click_rate,
        round(avg(case when is_converted then 1.0 else 0 end), 4) as conversion_rate,
        round(avg(case when is_unsubscribed or is_complained then 1.0 else 0 end), 4)
            as leave_rate
    from messages_banded
    group by channel, messages_before
)

select *
from bands_compared
order by channel, messages_before
