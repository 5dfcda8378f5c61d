with profiling_stops as (
    select customer_id, scope
    from {{ ref('int_privacy__profiling_stops') }}
),

message_responses as (
    select
        brand_id,
        message_id,
        customer_id,
        channel,
        is_opened or is_responded as is_answered,
        sent_at
    from {{ ref('int_communication__message_responses') }}
    where customer_id is not null and is_reached
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

answers_awaited as (
    select
        customer_id,
        brand_id,
        channel,
        message_id,
        sent_at,
        is_answered,
        max(case when is_answered then sent_at end) over (
            partition by customer_id, brand_id, channel
        ) as last_answered_at
    from message_responses
),

messages_unanswered as (
    select
        customer_id,
        brand_id,
        channel,
        sent_at,
        row_number() over (
            partition by customer_id, brand_id, channel
            order by sent_at, message_id
        ) as message_number
    from answers_awaited
    where not is_answered and coalesce(sent_at > last_answered_at, true)
),

channels_silent as (
    select
        customer_id,
        brand_id,
        channel,
        count(*) as unanswered_count,
        max(sent_at) as last_sent_at,
        min(
            case when message_number = {{ var('other_channel_messages') }} then sent_at end
        ) as entered_at
    from messages_unanswered
    group by customer_id, brand_id, channel
    having count(*) >= {{ var('other_channel_messages') }}
),

channels_ranked as (
    select
        channels_silent.customer_id,
        channels_silent.brand_id,
        channels_silent.channel,
        channels_silent.unanswered_count,
        channels_silent.entered_at,
        row_number() over (
            partition by channels_silent.customer_id, channels_silent.brand_id
            order by channels_silent.unanswered_count desc, channels_silent.channel
        ) as silence_rank
    from channels_silent
    cross join as_of
    where
        {{ is_within_days(
            'channels_silent.last_sent_at', 'as_of.as_of_at', var('other_channel_days')
        ) }}
),

most_silent as (
    select
        customer_id,
        brand_id,
        channel as avoided_channel,
        unanswered_count,
        entered_at
    from channels_ranked
    where silence_rank = 1
),

permitted as (
    select most_silent.*
    from most_silent
    left join profiling_stops
        on
            most_silent.customer_id = profiling_stops.customer_id
            and profiling_stops.scope = 'all'
    where profiling_stops.customer_id is null
)

select * from permitted
