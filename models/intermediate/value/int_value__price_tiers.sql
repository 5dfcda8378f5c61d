-- A view, since one model reads it: a table would be written to be read once.
{{ config(materialized='view') }}

-- Whether each sold line was cheap, middling or dear among what its brand sold in the same
-- category.
with order_lines as (
    select
        brand_id,
        order_id,
        line_number,
        customer_id,
        product_id,
        unit_price_amount,
        net_line_amount
    from {{ ref('int_value__order_lines') }}
),

products as (
    select brand_id, product_id, category
    from {{ ref('stg_transaction__products') }}
),

lines_joined as (
    select
        order_lines.brand_id,
        order_lines.order_id,
        order_lines.line_number,
        order_lines.customer_id,
        coalesce(products.category, '') as category,
        order_lines.unit_price_amount,
        order_lines.net_line_amount
    from order_lines
    left join products
        on
            order_lines.brand_id = products.brand_id
            and order_lines.product_id = products.product_id
),

prices_counted as (
    select
        brand_id,
        category,
        unit_price_amount,
        count(*) as line_count
    from lines_joined
    group by brand_id, category, unit_price_amount
),

-- Ranks count from 0; lines of one price hold the ranks from first to last.
prices_ranked as (
    select
        brand_id,
        category,
        unit_price_amount,
        sum(line_count) over (
            partition by brand_id, category
            order by unit_price_amount
            rows between unbounded preceding and current row
        ) - line_count as first_rank,
        sum(line_count) over (
            partition by brand_id, category
            order by unit_price_amount
            rows between unbounded preceding and current row
        ) - 1 as last_rank,
        sum(line_count) over (partition by brand_id, category) as category_line_count
    from prices_counted
),

prices_positioned as (
    select
        brand_id,
        category,
        unit_price_amount,
        first_rank,
        last_rank,
        category_line_count,
        {{ quantile_position('0.333333', 'category_line_count') }} as lower_position,
        {{ quantile_position('0.666667', 'category_line_count') }} as upper_position
    from prices_ranked
),

cuts_bracketed as (
    select
        brand_id,
        category,
        max(
            case
                when floor(lower_position) between first_rank and last_rank
                    then unit_price_amount
            end
        ) as lower_from,
        max(
            case
                when
                    least(floor(lower_position) + 1, category_line_count - 1)
                    between first_rank and last_rank
                    then unit_price_amount
            end
        ) as lower_to,
        max(cast(lower_position - floor(lower_position) as decimal(7, 6))) as lower_fraction,
        max(
            case
                when floor(upper_position) between first_rank and last_rank
                    then unit_price_amount
            end
        ) as upper_from,
        max(
            case
                when
                    least(floor(upper_position) + 1, category_line_count - 1)
                    between first_rank and last_rank
                    then unit_price_amount
            end
        ) as upper_to,
        max(cast(upper_position - floor(upper_position) as decimal(7, 6))) as upper_fraction
    from prices_positioned
    group by brand_id, category
),

cuts_interpolated as (
    select
        brand_id,
        category,
        lower_from + (lower_to - lower_from) * lower_fraction as lower_cut,
        upper_from + (upper_to - upper_from) * upper_fraction as upper_cut
    from cuts_bracketed
),

lines_tiered as (
    select
        lines_joined.brand_id,
        lines_joined.order_id,
        lines_joined.line_number,
        lines_joined.customer_id,
        lines_joined.net_line_amount,
        case
            when lines_joined.unit_price_amount > cuts_interpolated.upper_cut then 'premium'
            when lines_joined.unit_price_amount > cuts_interpolated.lower_cut then 'middle'
            else 'budget'
        end as price_tier
    from lines_joined
    inner join cuts_interpolated
        on
            lines_joined.brand_id = cuts_interpolated.brand_id
            and lines_joined.category = cuts_interpolated.category
)

select * from lines_tiered
