-- What somebody would write who needs RFM scores and the aggregates of a customer, and nothing else: no stitching (a
-- customer is an e-mail, else an account of a brand), no repairs, no rejects, no tests. The yardstick that
-- benchmarks/build.py holds a build against. The variables `landing` and `seeds` name the folders.

create temp table contacts as
select brand, contact_id, lower(email) as email, first_name, last_name, city, country_code
from read_parquet(getvariable('landing') || '/contacts/*/*/*.parquet', union_by_name = true)
qualify row_number() over (
    partition by brand, contact_id order by try_cast(updated_at as timestamptz) desc nulls last, load_date desc
) = 1;

create temp table rates as
select from_currency, cast(rate_date as date) as rate_date, rate
from read_csv(getvariable('seeds') || '/exchange_rates.csv')
where to_currency = 'EUR';

create temp table orders as
with latest as (
    select *
    from read_parquet(getvariable('landing') || '/orders/*/*/*.parquet', union_by_name = true)
    qualify row_number() over (
        partition by brand, order_id order by try_cast(updated_at as timestamptz) desc nulls last, load_date desc
    ) = 1
),

typed as (
    select
        latest.brand,
        coalesce(lower(latest.email), contacts.email, latest.brand || '|' || latest.contact_id) as customer,
        try_cast(latest.ordered_at as timestamptz) as ordered_at,
        latest.currency_code,
        try_cast(latest.total_amount as decimal(18, 2)) as total_amount
    from latest
    left join contacts on latest.brand = contacts.brand and latest.contact_id = contacts.contact_id
    where latest.status <> 'cancelled' and coalesce(lower(latest.is_test), 'false') not in ('true', 't', '1')
)

select
    typed.brand,
    typed.customer,
    typed.ordered_at,
    cast(typed.total_amount * case when typed.currency_code = 'EUR' then 1 else rates.rate end as decimal(18, 2)) as amount
from typed
asof left join rates
    on typed.currency_code = rates.from_currency and cast(typed.ordered_at as date) >= rates.rate_date
where typed.ordered_at is not null and typed.customer is not null;

create temp table rfm_scores as
with measured as (
    select
        customer,
        date_diff('day', max(ordered_at), (select max(ordered_at) from orders)) as recency_days,
        count(*) as frequency,
        sum(amount) as monetary_amount
    from orders
    group by customer
),

cuts as (
    select
        quantile_cont(recency_days, [0.2, 0.4, 0.6, 0.8]) as recency_cuts,
        quantile_cont(frequency, [0.2, 0.4, 0.6, 0.8]) as frequency_cuts,
        quantile_cont(monetary_amount, [0.2, 0.4, 0.6, 0.8]) as monetary_cuts
    from measured
)

select
    measured.*,
    5 - len(list_filter(cuts.recency_cuts, lambda cut: cut < measured.recency_days)) as recency_score,
    1 + len(list_filter(cuts.frequency_cuts, lambda cut: cut < measured.frequency)) as frequency_score,
    1 + len(list_filter(cuts.monetary_cuts, lambda cut: cut < measured.monetary_amount)) as monetary_score
from measured
cross join cuts;

create temp table events as
with latest as (
    select
        brand, event_id, event_type, contact_id, lower(email) as email, device_id,
        try_cast(occurred_at as timestamptz) as occurred_at
    from read_parquet(getvariable('landing') || '/events/*/*/*.parquet', union_by_name = true)
    qualify row_number() over (partition by brand, event_id order by load_date desc) = 1
),

devices as (
    select brand, device_id, arg_max(contact_id, occurred_at) as contact_id
    from latest
    where device_id is not null and contact_id is not null
    group by brand, device_id
)

select
    coalesce(latest.email, contacts.email, latest.brand || '|' || coalesce(latest.contact_id, devices.contact_id)) as customer,
    latest.event_type,
    latest.occurred_at,
    case
        when latest.occurred_at - lag(latest.occurred_at) over (
            partition by latest.brand, coalesce(latest.device_id, latest.contact_id) order by latest.occurred_at
        ) <= interval 30 minute then 0
        else 1
    end as is_session_start
from latest
left join devices on latest.brand = devices.brand and latest.device_id = devices.device_id
left join contacts
    on latest.brand = contacts.brand and coalesce(latest.contact_id, devices.contact_id) = contacts.contact_id;

create temp table message_events as
with latest as (
    select brand, event_id, message_id, channel, event_type, contact_id, lower(email) as email
    from read_parquet(getvariable('landing') || '/message_events/*/*/*.parquet', union_by_name = true)
    qualify row_number() over (partition by brand, event_id order by load_date desc) = 1
)

select
    coalesce(latest.email, contacts.email, latest.brand || '|' || latest.contact_id) as customer,
    latest.message_id,
    latest.channel,
    latest.event_type
from latest
left join contacts on latest.brand = contacts.brand and latest.contact_id = contacts.contact_id;

create temp table customer_360 as
with order_figures as (
    select
        customer,
        count(distinct brand) as brand_count,
        count(*) as order_count,
        sum(amount) as net_amount,
        min(ordered_at) as first_order_at,
        max(ordered_at) as last_order_at
    from orders
    group by customer
),

event_figures as (
    select
        customer,
        count(*) as event_count,
        sum(is_session_start) as session_count,
        count(*) filter (where event_type = 'product_view') as product_view_count,
        count(*) filter (where event_type = 'add_to_cart') as add_to_cart_count,
        max(occurred_at) as last_event_at
    from events
    where customer is not null
    group by customer
),

message_figures as (
    select
        customer,
        count(distinct message_id) as message_count,
        count(*) filter (where event_type = 'opened') as opened_count,
        count(*) filter (where event_type = 'clicked') as clicked_count
    from message_events
    where customer is not null
    group by customer
),

people as (
    select email as customer, any_value(first_name) as first_name, any_value(last_name) as last_name
    from contacts
    where email is not null
    group by email
)

select *
from people
full join order_figures using (customer)
full join event_figures using (customer)
full join message_figures using (customer)
left join rfm_scores using (customer);
