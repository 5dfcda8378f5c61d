{#
    What a campaign adds: of those it was sent to, whether or not it arrived, and of those held out at
    random, the share who ordered within the attribution window. The interval of the difference is
    Newcombe's, from the two Wilson intervals:

        low  = d - sqrt((p1 - low1)^2 + (high2 - p2)^2)
        high = d + sqrt((high1 - p1)^2 + (p2 - low2)^2)
#}
with

message_responses as (
    select * from {{ ref('int_communication__message_responses') }}
),

campaign_controls as (
    select * from {{ ref('int_communication__campaign_controls') }}
),

order_customers as (
    select * from {{ ref('int_transaction__order_customers') }}
),

recipients as (
    select
        brand_id,
        campaign_id,
        channel,
        customer_id,
        min(sent_at) as started_at
    from message_responses
    where campaign_id is not null and customer_id is not null
    group by brand_id, campaign_id, channel, customer_id
),

people_united as (
    select
        recipients.brand_id,
        recipients.campaign_id,
        recipients.channel,
        recipients.customer_id,
        recipients.started_at,
        1 as is_treated
    from recipients

    union all

    -- Each channel of the campaign is compared with the same people.
    select
        campaign_controls.brand_id,
        campaign_controls.campaign_id,
        channels.channel,
        campaign_controls.customer_id,
        campaign_controls.held_out_at as started_at,
        0 as is_treated
    from campaign_controls
    inner join (
        select distinct
            recipients.brand_id,
            recipients.campaign_id,
            recipients.channel
        from recipients
    ) as channels
        on
            campaign_controls.brand_id = channels.brand_id
            and campaign_controls.campaign_id = channels.campaign_id
),

people_converted as (
    select
        people_united.brand_id,
        people_united.campaign_id,
        people_united.channel,
        people_united.customer_id,
        people_united.is_treated,
        max(case when order_customers.order_id is not null then 1 else 0 end) as is_converted
    from people_united
    left join order_customers
        on
            people_united.brand_id = order_customers.brand_id
            and people_united.customer_id = order_customers.customer_id
            -- Each comparison has one table a side, or every person would meet every order.
            and {{ epoch_microseconds('order_customers.ordered_at') }}
            >= {{ epoch_microseconds('people_united.started_at') }}
            and {{ epoch_microseconds('order_customers.ordered_at') }}
            <= {{ epoch_microseconds('people_united.started_at') }}
            + {{ var('attribution_window_days') | int * 86400000000 }}
    group by
        people_united.brand_id,
        people_united.campaign_id,
        people_united.channel,
        people_united.customer_id,
        people_united.is_treated
),

groups_counted as (
    select
        brand_id,
        campaign_id,
        channel,
        cast(sum(is_treated) as bigint) as treated_count,
        cast(sum(is_treated * is_converted) as bigint) as treated_converted_count,
        cast(sum(1 - is_treated) as bigint) as control_count,
        cast(sum((1 - is_treated) * is_converted) as bigint) as control_converted_count
    from people_converted
    group by brand_id, campaign_id, channel
),

groups_bounded as (
    select
        brand_id,
        campaign_id,
        channel,
        treated_count,
        treated_converted_count,
        control_count,
        control_converted_count,
        case when control_count > 0 then cast(treated_converted_count as double) / treated_count end
            as treated_rate,
        cast(control_converted_count as double) / nullif(control_count, 0) as control_rate,
        {{ wilson_bound('treated_converted_count', 'treated_count', 'low') }} as treated_low,
        {{ wilson_bound('treated_converted_count', 'treated_count', 'high') }} as treated_high,
        {{ wilson_bound('control_converted_count', 'control_count', 'low') }} as control_low,
        {{ wilson_bound('control_converted_count', 'control_count', 'high') }} as control_high
    from groups_counted
),

uplifts_told as (
    select
        brand_id,
        campaign_id,
        channel,
        treated_count,
        treated_converted_count,
        control_count,
        control_converted_count,
        cast(round(treated_rate - control_rate, 6) as decimal(9, 6)) as uplift_rate,
        cast(
            round(
                treated_rate - control_rate
                - sqrt(
                    (treated_rate - treated_low) * (treated_rate - treated_low)
                    + (control_high - control_rate) * (control_high - control_rate)
                ),
                6
            ) as decimal(9, 6)
        ) as uplift_low_rate,
        cast(
            round(
                treated_rate - control_rate
                + sqrt(
                    (treated_high - treated_rate) * (treated_high - treated_rate)
                    + (control_rate - control_low) * (control_rate - control_low)
                ),
                6
            ) as decimal(9, 6)
        ) as uplift_high_rate
    from groups_bounded
)

select * from uplifts_told
