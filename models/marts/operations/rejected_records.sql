with

base_contact__contacts as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_contact__contacts') }}
    where reject_reason_code is not null
),

base_transaction__orders as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_transaction__orders') }}
    where reject_reason_code is not null
),

base_transaction__order_lines as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_transaction__order_lines') }}
    where reject_reason_code is not null
),

base_transaction__returns as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_transaction__returns') }}
    where reject_reason_code is not null
),

base_transaction__products as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_transaction__products') }}
    where reject_reason_code is not null
),

base_engagement__events as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_engagement__events') }}
    where reject_reason_code is not null
),

base_engagement__share_codes as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_engagement__share_codes') }}
    where reject_reason_code is not null
),

base_engagement__reviews as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_engagement__reviews') }}
    where reject_reason_code is not null
),

base_engagement__survey_responses as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_engagement__survey_responses') }}
    where reject_reason_code is not null
),

base_communication__campaigns as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_communication__campaigns') }}
    where reject_reason_code is not null
),

base_communication__message_events as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_communication__message_events') }}
    where reject_reason_code is not null
),

base_communication__service_interactions as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_communication__service_interactions') }}
    where reject_reason_code is not null
),

base_loyalty__loyalty_events as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_loyalty__loyalty_events') }}
    where reject_reason_code is not null
),

base_privacy__consent_events as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_privacy__consent_events') }}
    where reject_reason_code is not null
),

base_privacy__privacy_requests as (
    select
        brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
    from {{ ref('base_privacy__privacy_requests') }}
    where reject_reason_code is not null
),

reject_reasons as (
    select
        reason_code,
        reason,
        mend
    from {{ ref('reject_reasons') }}
),

united as (
    select 'contacts' as feed, base_contact__contacts.* from base_contact__contacts
    union all
    select 'orders' as feed, base_transaction__orders.* from base_transaction__orders
    union all
    select 'order_lines' as feed, base_transaction__order_lines.* from base_transaction__order_lines
    union all
    select 'returns' as feed, base_transaction__returns.* from base_transaction__returns
    union all
    select 'products' as feed, base_transaction__products.* from base_transaction__products
    union all
    select 'events' as feed, base_engagement__events.* from base_engagement__events
    union all
    select 'share_codes' as feed, base_engagement__share_codes.* from base_engagement__share_codes
    union all
    select 'reviews' as feed, base_engagement__reviews.* from base_engagement__reviews
    union all
    select 'survey_responses' as feed, base_engagement__survey_responses.* from base_engagement__survey_responses
    union all
    select 'campaigns' as feed, base_communication__campaigns.* from base_communication__campaigns
    union all
    select 'message_events' as feed, base_communication__message_events.* from base_communication__message_events
    union all
    select 'service_interactions' as feed, base_communication__service_interactions.* from base_communication__service_interactions
    union all
    select 'loyalty_events' as feed, base_loyalty__loyalty_events.* from base_loyalty__loyalty_events
    union all
    select 'consent_events' as feed, base_privacy__consent_events.* from base_privacy__consent_events
    union all
    select 'privacy_requests' as feed, base_privacy__privacy_requests.* from base_privacy__privacy_requests
),

-- The same row may be refused twice. Rows that agree in everything are told apart by counting them, and since
-- they agree it does not matter which is counted first.
counted as (
    select
        *,
        row_number() over (
            partition by
                feed, brand_id, load_date, record_id, source_file, source_line, reject_reason_code, reject_column, payload
            order by feed
        ) as occurrence
    from united
),

explained as (
    select
        {{ hash_text(
            "concat_ws('|', counted.feed, coalesce(counted.brand_id, ''), coalesce(cast(counted.load_date as varchar), ''), "
            ~ "coalesce(counted.source_file, ''), coalesce(cast(counted.source_line as varchar), ''), counted.payload, "
            ~ "cast(counted.occurrence as varchar))"
        ) }} as rejected_record_id,
        counted.feed,
        counted.brand_id,
        counted.load_date,
        counted.record_id,
        counted.source_file,
        counted.source_line,
        counted.reject_reason_code as reason_code,
        replace(reject_reasons.reason || ' ' || reject_reasons.mend, '{column}', counted.reject_column) as reason,
        counted.reject_column as column_name,
        counted.payload
    from counted
    left join reject_reasons on counted.reject_reason_code = reject_reasons.reason_code
)

select * from explained
