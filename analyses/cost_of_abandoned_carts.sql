-- What do abandoned carts cost?
--   dbt show --limit 100 --select cost_of_abandoned_carts
-- How to read it: one row per brand. abandoned_amount is what lay in the carts at today's list
-- prices, an upper bound of the loss: many of these people never meant to buy. recovery_amount is
-- what those who came back within the attribution window then paid, reminded or not, for the same
-- goods or for others. reachable_amount lies in carts of customers who may be sent an e-mail now:
-- what a reminder can win at most. Carts of visitors nobody knows are out of any reminder's reach.
with carts as (
    select
        brand_id,
        customer_id,
        cart_status,
        cart_amount,
        recovery_amount,
        has_checkout,
        is_recovered
    from {{ ref('carts') }}
),

contactability as (
    select customer_id, brand_id
    from {{ ref('contactability') }}
    where channel = 'email' and may_contact
),

brands_summed as (
    select
        carts.brand_id,
        count(*) as cart_count,
        round(avg(case when carts.cart_status = 'ordered' then 1.0 else 0 end), 4)
            as ordered_share,
        count(case when carts.cart_status = 'abandoned' then 1 end) as abandoned_count,
        count(case when carts.cart_status = 'abandoned' and carts.has_checkout then 1 end)
            as abandoned_in_checkout_count,
        sum(case when carts.cart_status = 'abandoned' then carts.cart_amount end)
            as abandoned_amount,
        count(case when carts.is_recovered then 1 end) as recovered_count,
        sum(carts.recovery_amount) as recovery_amount,
        sum(
            case
                when
                    carts.cart_status = 'abandoned'
                    and not carts.is_recovered
                    and contactability.customer_id is not null
                    then carts.cart_amount
            end
        ) as reachable_amount
    from carts
    left join contactability
        on
            carts.customer_id = contactability.customer_id
            and carts.brand_id = contactability.brand_id
    group by carts.brand_id
)

select *
from brands_summed
order by abandoned_amount desc, brand_id
