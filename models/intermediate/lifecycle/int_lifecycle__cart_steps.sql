-- What is done to carts, cut into carts. A cart is its owner's: the customer where the visit has
-- one, so that it follows the person from the phone to the computer, else the visitor.
with session_events as (
    select
        session_id,
        brand_id,
        event_id,
        visitor_key,
        event_type,
        product_id,
        event_value,
        occurred_at
    from {{ ref('int_engagement__session_events') }}
    where event_type in ('add_to_cart', 'remove_from_cart', 'checkout_started', 'purchase')
),

session_customers as (
    select session_id, customer_id
    from {{ ref('int_identity__session_customers') }}
),

order_customers as (
    select brand_id, order_id, customer_id, ordered_at
    from {{ ref('int_transaction__order_customers') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_operations__as_of') }}
),

events_owned as (
    select
        session_events.brand_id,
        coalesce('k:' || session_customers.customer_id, session_events.visitor_key) as owner_key,
        session_customers.customer_id,
        session_events.event_id as step_id,
        session_events.event_type as step_kind,
        case when session_events.event_type = 'purchase' then 1 else 0 end as is_closing,
        session_events.product_id,
        session_events.event_value,
        session_events.occurred_at
    from session_events
    cross join as_of
    left join session_customers
        on session_events.session_id = session_customers.session_id
    where session_events.occurred_at <= as_of.as_of_at
),

owners as (
    select distinct brand_id, customer_id
    from events_owned
    where customer_id is not null and is_closing = 0
),

-- An order of the customer's in any channel ends the cart: to remind somebody of what they have
-- just carried out of a shop does harm.
orders_owned as (
    select
        order_customers.brand_id,
        'k:' || order_customers.customer_id as owner_key,
        order_customers.customer_id,
        order_customers.order_id as step_id,
        'order' as step_kind,
        1 as is_closing,
        cast(null as {{ type_string() }}) as product_id,
        cast(null as decimal(18, 2)) as event_value,
        order_customers.ordered_at as occurred_at
    from order_customers
    inner join owners
        on
            order_customers.brand_id = owners.brand_id
            and order_customers.customer_id = owners.customer_id
),

steps_united as (
    select
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        event_value,
        occurred_at
    from events_owned

    union all

    select
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        event_value,
        occurred_at
    from orders_owned
),

-- Of one moment, filling comes before buying.
steps_preceded as (
    select
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        event_value,
        occurred_at,
        lag(is_closing) over (
            partition by brand_id, owner_key
            order by occurred_at, is_closing, step_kind, step_id
        ) as previous_is_closing,
        lag(occurred_at) over (
            partition by brand_id, owner_key
            order by occurred_at, is_closing, step_kind, step_id
        ) as previous_at
    from steps_united
),

starts_marked as (
    select
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        event_value,
        occurred_at,
        (
            is_closing = 0
            and (
                previous_at is null
                or previous_is_closing = 1
                or {{ epoch_microseconds('occurred_at') }}
                - {{ epoch_microseconds('previous_at') }}
                >= {{ var('cart_abandon_hours') | int * 3600000000 }}
            )
        ) as is_cart_start
    from steps_preceded
),

steps_numbered as (
    select
        brand_id,
        owner_key,
        customer_id,
        step_id,
        step_kind,
        is_closing,
        product_id,
        event_value,
        occurred_at,
        is_cart_start,
        sum(case when is_cart_start then 1 else 0 end) over (
            partition by brand_id, owner_key
            order by occurred_at, is_closing, step_kind, step_id
            rows between unbounded preceding and current row
        ) as cart_number
    from starts_marked
),

carts_named as (
    select
        brand_id,
        owner_key,
        cart_number,
        {{ hash_text("concat(brand_id, '|', step_id)") }} as cart_id
    from steps_numbered
    where is_cart_start
),

-- A purchase before any cart belongs to none and drops out here.
steps_bound as (
    select
        carts_named.cart_id,
        steps_numbered.brand_id,
        steps_numbered.owner_key,
        steps_numbered.customer_id,
        steps_numbered.step_id,
        steps_numbered.step_kind,
        steps_numbered.is_closing = 1 as is_closing,
        steps_numbered.product_id,
        steps_numbered.event_value,
        steps_numbered.occurred_at
    from steps_numbered
    inner join carts_named
        on
            steps_numbered.brand_id = carts_named.brand_id
            and steps_numbered.owner_key = carts_named.owner_key
            and steps_numbered.cart_number = carts_named.cart_number
)

select * from steps_bound
