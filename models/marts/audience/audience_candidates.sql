{#
    Everybody for whom the condition of an audience holds, with what becomes of them: the channel that
    the message would take, or why there is none now. It fails closed: a purpose that is neither
    marketing nor a consent that was granted takes nobody in.
#}
with

scenarios as (
    select * from {{ ref('audience_scenarios') }}
),

audiences as (
    select * from {{ ref('audiences') }}
),

channels as (
    select * from {{ ref('channels') }}
),

brands as (
    select * from {{ ref('brands') }}
),

customers as (
    select * from {{ ref('int_identity__customers') }}
),

permissions as (
    select * from {{ ref('int_privacy__customer_permissions') }}
),

contactability as (
    select * from {{ ref('contactability') }}
),

contact_pressure as (
    select * from {{ ref('contact_pressure') }}
),

channel_affinity as (
    select * from {{ ref('channel_affinity') }}
),

message_responses as (
    select * from {{ ref('int_communication__message_responses') }}
),

campaigns as (
    select * from {{ ref('stg_communication__campaigns') }}
),

as_of as (
    select * from {{ ref('int_operations__as_of') }}
),

-- The list of channels as rows; the place in the list is the priority.
channels_placed as (
    select
        audiences.audience_name,
        channels.channel,
        position(concat(',', channels.channel, ',') in concat(',', audiences.channels, ','))
            as channel_priority
    from audiences
    cross join channels
),

clocks as (
    select
        brands.brand_id,
        {{ minutes_ahead_of_utc('as_of.as_of_at', "coalesce(brands.time_zone, 'UTC')") }}
            as minutes_ahead
    from brands
    cross join as_of
),

messages_last as (
    select
        message_responses.customer_id,
        message_responses.brand_id,
        {{ lower_case('trim(campaigns.scenario)') }} as audience_name,
        max(message_responses.sent_at) as last_sent_at
    from message_responses
    inner join campaigns
        on
            message_responses.brand_id = campaigns.brand_id
            and message_responses.campaign_id = campaigns.campaign_id
    where message_responses.customer_id is not null and campaigns.scenario is not null
    group by
        message_responses.customer_id,
        message_responses.brand_id,
        {{ lower_case('trim(campaigns.scenario)') }}
),

qualified as (
    select
        scenarios.audience_name,
        scenarios.customer_id,
        scenarios.brand_id,
        scenarios.about,
        scenarios.about_id,
        scenarios.entered_at,
        audiences.purpose,
        customers.is_suspect,
        coalesce(permissions.has_profiling_consent, false) as has_profiling_consent,
        coalesce(
            {{ epoch_microseconds('as_of.as_of_at') }}
            - {{ epoch_microseconds('messages_last.last_sent_at') }}
            < audiences.cool_down_days * {{ 86400000000 }},
            false
        ) as is_cooling_down,
        {{ hash_share("concat(scenarios.audience_name, '|', scenarios.customer_id)") }}
        < audiences.holdout_share as is_held_out,
        clocks.minutes_ahead
    from scenarios
    cross join as_of
    inner join audiences
        on scenarios.audience_name = audiences.audience_name
    inner join customers
        on scenarios.customer_id = customers.customer_id
    inner join clocks
        on scenarios.brand_id = clocks.brand_id
    left join permissions
        on
            scenarios.customer_id = permissions.customer_id
            and scenarios.brand_id = permissions.brand_id
    left join messages_last
        on
            scenarios.customer_id = messages_last.customer_id
            and scenarios.brand_id = messages_last.brand_id
            and scenarios.audience_name = messages_last.audience_name
),

-- What was inferred about the person counts only with consent to profiling; what they said, always.
channels_permitted as (
    select
        qualified.audience_name,
        qualified.customer_id,
        qualified.brand_id,
        channels_placed.channel,
        coalesce(contact_pressure.is_fatigued, false) as is_fatigued,
        case
            when qualified.has_profiling_consent
                then {{ utc_hour('channel_affinity.best_hour', 'qualified.minutes_ahead') }}
        end as send_at_hour,
        case
            when qualified.has_profiling_consent
                then
                    {{ utc_weekday(
                        'channel_affinity.best_weekday',
                        'channel_affinity.best_hour',
                        'qualified.minutes_ahead'
                    ) }}
        end as send_at_weekday,
        row_number() over (
            partition by qualified.audience_name, qualified.customer_id, qualified.brand_id
            order by
                case when coalesce(contact_pressure.is_fatigued, false) then 1 else 0 end,
                case
                    when
                        coalesce(channel_affinity.is_preferred, false)
                        and (qualified.has_profiling_consent or channel_affinity.is_declared)
                        then 0
                    else 1
                end,
                channels_placed.channel_priority
        ) as channel_rank
    from qualified
    inner join channels_placed
        on qualified.audience_name = channels_placed.audience_name
    inner join contactability
        on
            qualified.customer_id = contactability.customer_id
            and qualified.brand_id = contactability.brand_id
            and channels_placed.channel = contactability.channel
    left join contact_pressure
        on
            qualified.customer_id = contact_pressure.customer_id
            and channels_placed.channel = contact_pressure.channel
    left join channel_affinity
        on
            qualified.customer_id = channel_affinity.customer_id
            and channels_placed.channel = channel_affinity.channel
    where
        contactability.may_contact
        and channels_placed.channel_priority > 0
        and (
            coalesce(qualified.about, '') <> 'avoided_channel'
            or channels_placed.channel <> qualified.about_id
        )
),

judged as (
    select
        qualified.audience_name,
        qualified.customer_id,
        qualified.brand_id,
        qualified.about,
        qualified.about_id,
        case
            when qualified.is_suspect then 'suspect'
            when
                qualified.purpose = 'marketing'
                or (qualified.purpose = 'profiling' and qualified.has_profiling_consent)
                then
                    case
                        when channels_permitted.channel is null then 'not_contactable'
                        when qualified.is_cooling_down then 'cooling_down'
                        when channels_permitted.is_fatigued then 'fatigued'
                    end
            else 'no_profiling_consent'
        end as excluded_reason,
        channels_permitted.channel,
        channels_permitted.send_at_hour,
        channels_permitted.send_at_weekday,
        qualified.is_held_out,
        qualified.entered_at
    from qualified
    left join channels_permitted
        on
            qualified.audience_name = channels_permitted.audience_name
            and qualified.customer_id = channels_permitted.customer_id
            and qualified.brand_id = channels_permitted.brand_id
            and channels_permitted.channel_rank = 1
)

select * from judged
