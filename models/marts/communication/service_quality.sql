with service_interactions as (
    select
        brand_id,
        interaction_id,
        channel,
        direction,
        opened_at,
        first_response_at,
        resolved_at,
        satisfaction_score
    from {{ ref('stg_communication__service_interactions') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

-- What is still to come as of as_of has not happened, and an answer before the question is a slip
-- of somebody's clock: neither has a time.
interactions_timed as (
    select
        service_interactions.brand_id,
        service_interactions.interaction_id,
        service_interactions.channel,
        cast(service_interactions.opened_at as date) as service_date,
        service_interactions.direction,
        case
            when
                service_interactions.first_response_at
                between service_interactions.opened_at and as_of.as_of_at
                then
                    {{ epoch_microseconds('service_interactions.first_response_at') }}
                    - {{ epoch_microseconds('service_interactions.opened_at') }}
        end as response_microseconds,
        case
            when
                service_interactions.resolved_at
                between service_interactions.opened_at and as_of.as_of_at
                then
                    {{ epoch_microseconds('service_interactions.resolved_at') }}
                    - {{ epoch_microseconds('service_interactions.opened_at') }}
        end as resolution_microseconds,
        service_interactions.satisfaction_score
    from service_interactions
    cross join as_of
    where service_interactions.opened_at <= as_of.as_of_at
),

interactions_ranked as (
    select
        brand_id,
        channel,
        service_date,
        direction,
        response_microseconds,
        resolution_microseconds,
        satisfaction_score,
        row_number() over (
            partition by brand_id, channel, service_date, response_microseconds is null
            order by response_microseconds, interaction_id
        ) as response_rank,
        count(response_microseconds) over (partition by brand_id, channel, service_date)
            as responded_count,
        row_number() over (
            partition by brand_id, channel, service_date, resolution_microseconds is null
            order by resolution_microseconds, interaction_id
        ) as resolution_rank,
        count(resolution_microseconds) over (partition by brand_id, channel, service_date)
            as resolved_count
    from interactions_timed
),

-- A median is the middle value, or the mean of the two in the middle.
days_summed as (
    select
        brand_id,
        channel,
        service_date,
        count(*) as interaction_count,
        count(case when direction = 'inbound' then 1 end) as inbound_count,
        count(response_microseconds) as responded_count,
        count(resolution_microseconds) as resolved_count,
        count(satisfaction_score) as rated_count,
        sum(response_microseconds) as response_microseconds,
        sum(resolution_microseconds) as resolution_microseconds,
        min(
            case
                when response_rank >= floor((responded_count + 1) / 2) then response_microseconds
            end
        )
        + max(
            case
                when response_rank <= floor((responded_count + 2) / 2) then response_microseconds
            end
        ) as doubled_response_microseconds,
        min(
            case
                when resolution_rank >= floor((resolved_count + 1) / 2) then resolution_microseconds
            end
        )
        + max(
            case
                when resolution_rank <= floor((resolved_count + 2) / 2) then resolution_microseconds
            end
        ) as doubled_resolution_microseconds,
        sum(satisfaction_score) as satisfaction_sum
    from interactions_ranked
    group by brand_id, channel, service_date
),

days_measured as (
    select
        brand_id,
        channel,
        service_date,
        cast(interaction_count as bigint) as interaction_count,
        cast(inbound_count as bigint) as inbound_count,
        cast(responded_count as bigint) as responded_count,
        cast(resolved_count as bigint) as resolved_count,
        {{ decimal_quotient('response_microseconds', 'responded_count * 6e7', 2) }}
            as average_first_response_minutes,
        {{ decimal_quotient('doubled_response_microseconds', '1.2e8', 2) }}
            as median_first_response_minutes,
        {{ decimal_quotient('resolution_microseconds', 'resolved_count * 3.6e9', 2) }}
            as average_resolution_hours,
        {{ decimal_quotient('doubled_resolution_microseconds', '7.2e9', 2) }}
            as median_resolution_hours,
        cast(rated_count as bigint) as rated_count,
        cast(satisfaction_sum as bigint) as satisfaction_sum,
        {{ decimal_quotient('satisfaction_sum', 'rated_count', 4) }} as average_satisfaction_score
    from days_summed
)

select * from days_measured
