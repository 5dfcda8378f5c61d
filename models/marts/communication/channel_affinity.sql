-- Of whom nobody may profile only what they said is left: the channel that they prefer.
with profiling_stops as (
    select customer_id
    from {{ ref('int_privacy__profiling_stops') }}
    where scope = 'all'
),

message_responses as (
    select
        responses.brand_id,
        responses.message_id,
        responses.customer_id,
        responses.channel,
        responses.is_reached,
        responses.is_opened,
        responses.is_clicked,
        responses.is_converted,
        responses.is_responded,
        responses.sent_at,
        responses.first_response_at
    from {{ ref('int_communication__message_responses') }} as responses
    left join profiling_stops
        on responses.customer_id = profiling_stops.customer_id
    where responses.customer_id is not null and profiling_stops.customer_id is null
),

message_orders as (
    select brand_id, message_id, order_id
    from {{ ref('int_communication__message_orders') }}
),

priors as (
    select channel, rate_kind, prior_rate, prior_messages
    from {{ ref('int_communication__channel_priors') }}
),

declared_preferences as (
    select customer_id, preferred_channel
    from {{ ref('int_customer__declared_preferences') }}
    where preferred_channel is not null
),

channels as (
    select channel, channel_name
    from {{ ref('channels') }}
),

brands as (
    select brand_id, time_zone
    from {{ ref('brands') }}
),

as_of as (
    select as_of_date
    from {{ ref('int_operations__as_of') }}
),

-- An answer names a channel as the contract does or as people do; other words declare nothing.
channels_declared as (
    select distinct
        declared_preferences.customer_id,
        channels.channel
    from declared_preferences
    inner join channels
        on
            {{ lower_case('trim(declared_preferences.preferred_channel)') }}
            in ({{ lower_case('channels.channel') }}, {{ lower_case('channels.channel_name') }})
),

messages_counted as (
    select
        customer_id,
        channel,
        count(*) as sent_count,
        count(case when is_reached then 1 end) as reached_count,
        count(case when is_opened then 1 end) as opened_count,
        count(case when is_clicked then 1 end) as clicked_count,
        count(case when is_converted then 1 end) as converted_count,
        count(case when is_responded then 1 end) as responded_count,
        max(sent_at) as last_message_at
    from message_responses
    group by customer_id, channel
),

-- An order that follows two messages of a channel is one order.
orders_counted as (
    select
        message_responses.customer_id,
        message_responses.channel,
        count(distinct message_orders.brand_id || '|' || message_orders.order_id) as order_count
    from message_responses
    inner join message_orders
        on
            message_responses.brand_id = message_orders.brand_id
            and message_responses.message_id = message_orders.message_id
    group by message_responses.customer_id, message_responses.channel
),

delays_ranked as (
    select
        customer_id,
        channel,
        {{ epoch_microseconds('first_response_at') }}
        - {{ epoch_microseconds('sent_at') }} as delay_microseconds,
        row_number() over (
            partition by customer_id, channel
            order by
                {{ epoch_microseconds('first_response_at') }} - {{ epoch_microseconds('sent_at') }},
                brand_id,
                message_id
        ) as delay_rank,
        count(*) over (partition by customer_id, channel) as delay_count
    from message_responses
    where first_response_at is not null
),

-- The middle delay, or the mean of the two in the middle.
medians as (
    select
        customer_id,
        channel,
        min(delay_microseconds) + max(delay_microseconds) as doubled_microseconds
    from delays_ranked
    where delay_rank in (floor((delay_count + 1) / 2), floor((delay_count + 2) / 2))
    group by customer_id, channel
),

-- A message counts once, where it was answered first: programs that open it anew whenever it is
-- scrolled past would else decide the hour.
responses_local as (
    select
        message_responses.customer_id,
        message_responses.channel,
        {{ at_time_zone(
            'message_responses.first_response_at', "coalesce(brands.time_zone, 'UTC')"
        ) }} as local_at
    from message_responses
    inner join brands
        on message_responses.brand_id = brands.brand_id
    where message_responses.first_response_at is not null
),

hours_counted as (
    select
        customer_id,
        channel,
        cast(extract(hour from local_at) as integer) as local_hour,
        count(*) as response_count
    from responses_local
    group by customer_id, channel, cast(extract(hour from local_at) as integer)
),

weekdays_counted as (
    select
        customer_id,
        channel,
        {{ iso_weekday('local_at') }} as local_weekday,
        count(*) as response_count
    from responses_local
    group by customer_id, channel, {{ iso_weekday('local_at') }}
),

-- Of hours with as many responses the earliest is named, so that the answer is the same each day.
hours_ranked as (
    select
        customer_id,
        channel,
        local_hour,
        row_number() over (
            partition by customer_id, channel
            order by response_count desc, local_hour
        ) as hour_rank
    from hours_counted
),

weekdays_ranked as (
    select
        customer_id,
        channel,
        local_weekday,
        row_number() over (
            partition by customer_id, channel
            order by response_count desc, local_weekday
        ) as weekday_rank
    from weekdays_counted
),

channels_known as (
    select customer_id, channel
    from messages_counted

    union distinct

    select customer_id, channel
    from channels_declared
),

priors_by_channel as (
    select
        channel,
        max(case when rate_kind = 'open' then prior_rate end) as open_prior_rate,
        max(case when rate_kind = 'open' then prior_messages end) as open_prior_messages,
        max(case when rate_kind = 'click' then prior_rate end) as click_prior_rate,
        max(case when rate_kind = 'click' then prior_messages end) as click_prior_messages,
        max(case when rate_kind = 'conversion' then prior_rate end) as conversion_prior_rate,
        max(case when rate_kind = 'conversion' then prior_messages end)
            as conversion_prior_messages,
        max(case when rate_kind = 'response' then prior_rate end) as response_prior_rate,
        max(case when rate_kind = 'response' then prior_messages end) as response_prior_messages
    from priors
    group by channel
),

rates_shrunk as (
    select
        channels_known.customer_id,
        channels_known.channel,
        channels_declared.channel is not null as is_declared,
        coalesce(messages_counted.sent_count, 0) as sent_count,
        coalesce(messages_counted.reached_count, 0) as reached_count,
        coalesce(messages_counted.opened_count, 0) as opened_count,
        coalesce(messages_counted.clicked_count, 0) as clicked_count,
        coalesce(messages_counted.converted_count, 0) as converted_count,
        coalesce(messages_counted.responded_count, 0) as responded_count,
        coalesce(orders_counted.order_count, 0) as order_count,
        {{ shrunk_rate(
            'messages_counted.opened_count', 'messages_counted.reached_count',
            'priors_by_channel.open_prior_rate', 'priors_by_channel.open_prior_messages'
        ) }} as open_rate,
        {{ shrunk_rate(
            'messages_counted.clicked_count', 'messages_counted.reached_count',
            'priors_by_channel.click_prior_rate', 'priors_by_channel.click_prior_messages'
        ) }} as click_rate,
        {{ shrunk_rate(
            'messages_counted.converted_count', 'messages_counted.reached_count',
            'priors_by_channel.conversion_prior_rate', 'priors_by_channel.conversion_prior_messages'
        ) }} as conversion_rate,
        {{ shrunk_rate(
            'messages_counted.responded_count', 'messages_counted.reached_count',
            'priors_by_channel.response_prior_rate', 'priors_by_channel.response_prior_messages'
        ) }} as response_rate,
        priors_by_channel.response_prior_rate as prior_rate,
        priors_by_channel.response_prior_messages as prior_messages,
        {{ decimal_quotient('medians.doubled_microseconds', '1.2e8', 2) }}
            as median_response_minutes,
        hours_ranked.local_hour as best_hour,
        weekdays_ranked.local_weekday as best_weekday,
        messages_counted.last_message_at
    from channels_known
    left join messages_counted
        on
            channels_known.customer_id = messages_counted.customer_id
            and channels_known.channel = messages_counted.channel
    left join channels_declared
        on
            channels_known.customer_id = channels_declared.customer_id
            and channels_known.channel = channels_declared.channel
    left join orders_counted
        on
            channels_known.customer_id = orders_counted.customer_id
            and channels_known.channel = orders_counted.channel
    left join priors_by_channel
        on channels_known.channel = priors_by_channel.channel
    left join medians
        on
            channels_known.customer_id = medians.customer_id
            and channels_known.channel = medians.channel
    left join hours_ranked
        on
            channels_known.customer_id = hours_ranked.customer_id
            and channels_known.channel = hours_ranked.channel
            and hours_ranked.hour_rank = 1
    left join weekdays_ranked
        on
            channels_known.customer_id = weekdays_ranked.customer_id
            and channels_known.channel = weekdays_ranked.channel
            and weekdays_ranked.weekday_rank = 1
),

-- What people say beats what they do; what they do is a preference only where they did something.
channels_ranked as (
    select
        customer_id,
        channel,
        is_declared,
        sent_count,
        reached_count,
        opened_count,
        clicked_count,
        converted_count,
        responded_count,
        order_count,
        open_rate,
        click_rate,
        conversion_rate,
        response_rate,
        prior_rate,
        prior_messages,
        median_response_minutes,
        best_hour,
        best_weekday,
        last_message_at,
        row_number() over (
            partition by customer_id
            order by
                case when is_declared then 0 when responded_count > 0 then 1 else 2 end,
                coalesce(response_rate, 0) desc,
                sent_count desc,
                channel
        ) as preference_rank
    from rates_shrunk
),

preferences_told as (
    select
        channels_ranked.customer_id,
        channels_ranked.channel,
        as_of.as_of_date,
        cast(channels_ranked.sent_count as bigint) as sent_count,
        cast(channels_ranked.reached_count as bigint) as reached_count,
        cast(channels_ranked.opened_count as bigint) as opened_count,
        cast(channels_ranked.clicked_count as bigint) as clicked_count,
        cast(channels_ranked.converted_count as bigint) as converted_count,
        cast(channels_ranked.responded_count as bigint) as responded_count,
        cast(channels_ranked.order_count as bigint) as order_count,
        channels_ranked.open_rate,
        channels_ranked.click_rate,
        channels_ranked.conversion_rate,
        channels_ranked.response_rate,
        channels_ranked.prior_rate,
        channels_ranked.prior_messages,
        channels_ranked.median_response_minutes,
        channels_ranked.best_hour,
        channels_ranked.best_weekday,
        channels_ranked.is_declared,
        (
            channels_ranked.preference_rank = 1
            and (channels_ranked.is_declared or channels_ranked.responded_count > 0)
        ) as is_preferred,
        channels_ranked.last_message_at
    from channels_ranked
    cross join as_of
)

select * from preferences_told
