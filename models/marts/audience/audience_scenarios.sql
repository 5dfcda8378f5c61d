-- Written by `python -m crossbrand.audiences` from seeds/audiences.csv: change
-- the seed, not this file.
with united as (
    select
        'abandoned_cart' as audience_name,
        customer_id,
        brand_id,
        'cart_id' as about,
        cart_id as about_id,
        entered_at
    from {{ ref('audience_abandoned_cart') }}

    union all

    select
        'activate' as audience_name,
        customer_id,
        brand_id,
        cast(null as {{ type_string() }}) as about,
        cast(null as {{ type_string() }}) as about_id,
        entered_at
    from {{ ref('audience_activate') }}

    union all

    select
        'birthday' as audience_name,
        customer_id,
        brand_id,
        cast(null as {{ type_string() }}) as about,
        cast(null as {{ type_string() }}) as about_id,
        entered_at
    from {{ ref('audience_birthday') }}

    union all

    select
        'browsed_category' as audience_name,
        customer_id,
        brand_id,
        'category' as about,
        category as about_id,
        entered_at
    from {{ ref('audience_browsed_category') }}

    union all

    select
        'cross_sell' as audience_name,
        customer_id,
        brand_id,
        'category' as about,
        category as about_id,
        entered_at
    from {{ ref('audience_cross_sell') }}

    union all

    select
        'next_order' as audience_name,
        customer_id,
        brand_id,
        cast(null as {{ type_string() }}) as about,
        cast(null as {{ type_string() }}) as about_id,
        entered_at
    from {{ ref('audience_next_order') }}

    union all

    select
        'other_channel' as audience_name,
        customer_id,
        brand_id,
        'avoided_channel' as about,
        avoided_channel as about_id,
        entered_at
    from {{ ref('audience_other_channel') }}

    union all

    select
        'post_purchase_thanks' as audience_name,
        customer_id,
        brand_id,
        'order_id' as about,
        order_id as about_id,
        entered_at
    from {{ ref('audience_post_purchase_thanks') }}

    union all

    select
        'preference_discovery' as audience_name,
        customer_id,
        brand_id,
        cast(null as {{ type_string() }}) as about,
        cast(null as {{ type_string() }}) as about_id,
        entered_at
    from {{ ref('audience_preference_discovery') }}

    union all

    select
        'referral' as audience_name,
        customer_id,
        brand_id,
        'review_id' as about,
        review_id as about_id,
        entered_at
    from {{ ref('audience_referral') }}

    union all

    select
        'replenishment' as audience_name,
        customer_id,
        brand_id,
        'product_id' as about,
        product_id as about_id,
        entered_at
    from {{ ref('audience_replenishment') }}

    union all

    select
        'review_problem' as audience_name,
        customer_id,
        brand_id,
        'review_id' as about,
        review_id as about_id,
        entered_at
    from {{ ref('audience_review_problem') }}

    union all

    select
        'review_request' as audience_name,
        customer_id,
        brand_id,
        'order_id' as about,
        order_id as about_id,
        entered_at
    from {{ ref('audience_review_request') }}

    union all

    select
        'reward' as audience_name,
        customer_id,
        brand_id,
        cast(null as {{ type_string() }}) as about,
        cast(null as {{ type_string() }}) as about_id,
        entered_at
    from {{ ref('audience_reward') }}

    union all

    select
        'stimulate' as audience_name,
        customer_id,
        brand_id,
        'brand_to_stimulate_id' as about,
        brand_to_stimulate_id as about_id,
        entered_at
    from {{ ref('audience_stimulate') }}

    union all

    select
        'voucher_expiring' as audience_name,
        customer_id,
        brand_id,
        'voucher_code' as about,
        voucher_code as about_id,
        entered_at
    from {{ ref('audience_voucher_expiring') }}

    union all

    select
        'welcome' as audience_name,
        customer_id,
        brand_id,
        cast(null as {{ type_string() }}) as about,
        cast(null as {{ type_string() }}) as about_id,
        entered_at
    from {{ ref('audience_welcome') }}

    union all

    select
        'win_back' as audience_name,
        customer_id,
        brand_id,
        cast(null as {{ type_string() }}) as about,
        cast(null as {{ type_string() }}) as about_id,
        entered_at
    from {{ ref('audience_win_back') }}
)

select * from united
