{#
    The empirical Bayes prior of each channel and rate. Customers' own rates are taken to be drawn from a
    beta distribution: its mean is the channel's rate over all its customers, and its weight, told in
    messages, follows from how much more the customers differ than chance alone makes them (the moments
    of the beta-binomial). With N customers, n messages and x responses of each, T the sum of n, X the sum
    of x, and m = X / T:

        rho    = (S / (m (1 - m)) - (N - 1)) / (T - sum(n^2) / T - (N - 1)),  S = sum(x^2 / n) - X^2 / T
        weight = 1 / rho - 1, held between 1 and 1,000

    Where customers differ no more than by chance, the weight is 1,000: each is shown as the channel's
    mean. Where nothing can be told (one customer, or nobody or everybody responds), likewise.
#}
with message_responses as (
    select customer_id, channel, is_reached, is_opened, is_clicked, is_converted, is_responded
    from {{ ref('int_communication__message_responses') }}
    where customer_id is not null and is_reached
),

customers_counted as (
    select
        customer_id,
        channel,
        count(*) as message_count,
        count(case when is_opened then 1 end) as opened_count,
        count(case when is_clicked then 1 end) as clicked_count,
        count(case when is_converted then 1 end) as converted_count,
        count(case when is_responded then 1 end) as responded_count
    from message_responses
    group by customer_id, channel
),

rates_listed as (
    select channel, 'open' as rate_kind, message_count, opened_count as response_count
    from customers_counted

    union all

    select channel, 'click' as rate_kind, message_count, clicked_count as response_count
    from customers_counted

    union all

    select channel, 'conversion' as rate_kind, message_count, converted_count as response_count
    from customers_counted

    union all

    select channel, 'response' as rate_kind, message_count, responded_count as response_count
    from customers_counted
),

-- Each customer's share is rounded before it is summed, so that no order of rows changes the sum.
sums_taken as (
    select
        channel,
        rate_kind,
        count(*) as customer_count,
        cast(sum(message_count) as double) as messages,
        cast(sum(response_count) as double) as responses,
        cast(sum(message_count * message_count) as double) as squared_messages,
        cast(
            sum(
                cast(
                    cast(response_count * response_count as double) / message_count
                    as decimal(18, 8)
                )
            ) as double
        ) as squared_responses
    from rates_listed
    group by channel, rate_kind
),

spreads_measured as (
    select
        channel,
        rate_kind,
        customer_count,
        responses / messages as mean_rate,
        messages - squared_messages / messages - (customer_count - 1) as trials_spread,
        case
            when responses > 0 and responses < messages
                then
                    (squared_responses - responses * responses / messages)
                    / ((responses / messages) * (1 - responses / messages))
                    - (customer_count - 1)
        end as rates_spread
    from sums_taken
),

correlations_told as (
    select
        channel,
        rate_kind,
        customer_count,
        mean_rate,
        case when trials_spread > 0 then rates_spread / trials_spread end as correlation
    from spreads_measured
),

priors_told as (
    select
        channel,
        rate_kind,
        customer_count,
        cast(round(mean_rate, 6) as decimal(9, 6)) as prior_rate,
        cast(
            case
                when correlation > 0
                    then round(
                        least(
                            greatest(1 / correlation - 1, cast(1 as double)),
                            cast(1000 as double)
                        ),
                        3
                    )
                else 1000
            end as decimal(9, 3)
        ) as prior_messages
    from correlations_told
)

select * from priors_told
