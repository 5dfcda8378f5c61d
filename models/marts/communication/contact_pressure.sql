with messages as (
    select brand_id, message_id, channel, sent_at
    from {{ ref('int_communication__messages') }}
    where direction = 'outbound'
),

message_customers as (
    select brand_id, message_id, customer_id
    from {{ ref('int_identity__message_customers') }}
),

contact_limits as (
    select channel, messages_1_day_max, messages_7_days_max, messages_30_days_max
    from {{ ref('contact_limits') }}
),

as_of as (
    select as_of_at, as_of_date
    from {{ ref('int_operations__as_of') }}
),

messages_aged as (
    select
        message_customers.customer_id,
        messages.channel,
        {{ epoch_microseconds('as_of.as_of_at') }}
        - {{ epoch_microseconds('messages.sent_at') }} as age_microseconds,
        messages.sent_at
    from messages
    cross join as_of
    inner join message_customers
        on
            messages.brand_id = message_customers.brand_id
            and messages.message_id = message_customers.message_id
    where messages.sent_at <= as_of.as_of_at
),

messages_counted as (
    select
        customer_id,
        channel,
        count(case when age_microseconds <= {{ 86400000000 }} then 1 end) as messages_1_day,
        count(case when age_microseconds <= {{ 7 * 86400000000 }} then 1 end) as messages_7_days,
        count(case when age_microseconds <= {{ 30 * 86400000000 }} then 1 end)
            as messages_30_days,
        count(*) as message_count,
        min(age_microseconds) as last_age_microseconds,
        max(sent_at) as last_message_at
    from messages_aged
    group by customer_id, channel
),

pressure_judged as (
    select
        messages_counted.customer_id,
        messages_counted.channel,
        as_of.as_of_date,
        messages_counted.messages_1_day,
        messages_counted.messages_7_days,
        messages_counted.messages_30_days,
        messages_counted.message_count,
        cast(floor(messages_counted.last_age_microseconds / 8.64e10) as integer)
            as days_since_last,
        (
            coalesce(
                messages_counted.messages_1_day > contact_limits.messages_1_day_max, false
            )
            or coalesce(
                messages_counted.messages_7_days > contact_limits.messages_7_days_max, false
            )
            or coalesce(
                messages_counted.messages_30_days > contact_limits.messages_30_days_max, false
            )
        ) as is_fatigued,
        messages_counted.last_message_at
    from messages_counted
    cross join as_of
    left join contact_limits
        on messages_counted.channel = contact_limits.channel
)

select * from pressure_judged
