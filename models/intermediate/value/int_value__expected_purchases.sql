-- How many purchases an active customer makes in a coming time. It depends on nothing of the
-- customer but how often they came back and how long they have been known, so it is worked out
-- once for each such pair, however many customers share it.
--
-- The closed form needs the Gaussian hypergeometric function, which no engine has. Behind it is an
-- integral over the drop-out probability p, which is beta distributed with a and b + x:
--     (1 - (1 + p * time / (alpha + age)) ^ -(r + x)) / p
-- The double exponential rule takes it over the logit of p, with the 101 nodes of a seed, centred
-- on the distribution and scaled by its width. docs/predictions.md has the derivation and the
-- error, which is below a millionth. Each node's share is rounded before it is summed, so that the
-- order of the rows cannot change the result.
with summaries as (
    select scope, cutoff_date, repeat_purchase_count, age_days
    from {{ ref('int_value__purchase_summaries') }}
),

parameters as (
    select scope, cutoff_date, r, alpha_weeks, a, b
    from {{ ref('int_value__prediction_parameters') }}
),

quadrature_nodes as (
    select hyperbolic_sine, hyperbolic_cosine
    from {{ ref('quadrature_nodes') }}
),

horizons as (
    select 90 as horizon_days
    union all
    select 365 as horizon_days
),

pairs as (
    select distinct
        scope,
        cutoff_date,
        repeat_purchase_count,
        age_days
    from summaries
),

shapes as (
    select
        pairs.scope,
        pairs.cutoff_date,
        pairs.repeat_purchase_count,
        pairs.age_days,
        parameters.a,
        parameters.b + pairs.repeat_purchase_count as b,
        parameters.r + pairs.repeat_purchase_count as shape,
        parameters.alpha_weeks + pairs.age_days / 7e0 as scale
    from pairs
    inner join parameters
        on
            pairs.scope = parameters.scope
            and pairs.cutoff_date = parameters.cutoff_date
),

-- The height of the distribution at its middle is taken out, lest all weights be too small to hold.
shapes_centred as (
    select
        scope,
        cutoff_date,
        repeat_purchase_count,
        age_days,
        a,
        b,
        shape,
        scale,
        ln(a / b) as centre,
        sqrt(1e0 / a + 1e0 / b) as width,
        a * ln(a / (a + b)) + b * ln(b / (a + b)) as log_height
    from shapes
),

nodes_placed as (
    select
        shapes_centred.scope,
        shapes_centred.cutoff_date,
        shapes_centred.repeat_purchase_count,
        shapes_centred.age_days,
        shapes_centred.a,
        shapes_centred.b,
        shapes_centred.shape,
        shapes_centred.scale,
        shapes_centred.log_height,
        quadrature_nodes.hyperbolic_cosine,
        shapes_centred.centre + shapes_centred.width * quadrature_nodes.hyperbolic_sine as logit
    from shapes_centred
    cross join quadrature_nodes
),

-- The logarithms of p and 1 - p from the logit; whichever is near 0 keeps its digits.
nodes_logged as (
    select
        scope,
        cutoff_date,
        repeat_purchase_count,
        age_days,
        a,
        b,
        shape,
        scale,
        log_height,
        hyperbolic_cosine,
        -ln(1e0 + exp(-abs(logit))) - greatest(-logit, 0e0) as log_p,
        -ln(1e0 + exp(-abs(logit))) - greatest(logit, 0e0) as log_q
    from nodes_placed
),

nodes_weighed as (
    select
        nodes_logged.scope,
        nodes_logged.cutoff_date,
        nodes_logged.repeat_purchase_count,
        nodes_logged.age_days,
        horizons.horizon_days,
        nodes_logged.shape,
        exp(nodes_logged.log_p) as p,
        nodes_logged.hyperbolic_cosine * exp(
            nodes_logged.a * nodes_logged.log_p + nodes_logged.b * nodes_logged.log_q
            - nodes_logged.log_height
        ) as weight,
        horizons.horizon_days / 7e0 / nodes_logged.scale as relative_time
    from nodes_logged
    cross join horizons
),

-- As a share of shape * relative_time, the most that can be expected, where nobody ever drops out.
-- Where p is tiny the difference from that limit is told by a series, lest it be lost to rounding.
nodes_valued as (
    select
        scope,
        cutoff_date,
        repeat_purchase_count,
        age_days,
        horizon_days,
        shape * relative_time as most,
        weight,
        case
            when shape * p * relative_time < 1e-6 then 1e0 - (shape + 1e0) * p * relative_time / 2e0
            else
                (1e0 - exp(-shape * ln(1e0 + p * relative_time))) / (shape * p * relative_time)
        end as share
    from nodes_weighed
),

nodes_summed as (
    select
        scope,
        cutoff_date,
        repeat_purchase_count,
        age_days,
        horizon_days,
        max(most) as most,
        sum(cast(weight * share as decimal(38, 18))) as value_sum,
        sum(cast(weight as decimal(38, 18))) as weight_sum
    from nodes_valued
    group by scope, cutoff_date, repeat_purchase_count, age_days, horizon_days
),

horizons_side_by_side as (
    select
        scope,
        cutoff_date,
        repeat_purchase_count,
        age_days,
        max(
            case
                when horizon_days = 90
                    then most * cast(value_sum as double) / cast(weight_sum as double)
            end
        ) as purchases_90_days,
        max(
            case
                when horizon_days = 365
                    then most * cast(value_sum as double) / cast(weight_sum as double)
            end
        ) as purchases_365_days
    from nodes_summed
    group by scope, cutoff_date, repeat_purchase_count, age_days
)

select * from horizons_side_by_side
