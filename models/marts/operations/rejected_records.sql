{{ config(pre_hook="{{ register_put_aside_files() }}") }}

with

base_contact__contacts as (
    select
        'contacts' as feed,
        contact_id as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_contact__contacts') }}
    where reject_reason_code is not null
),

base_transaction__orders as (
    select
        'orders' as feed,
        order_id as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_transaction__orders') }}
    where reject_reason_code is not null
),

base_transaction__order_lines as (
    select
        'order_lines' as feed,
        nullif(
            coalesce(order_id, '') || '|'
            || coalesce(cast(line_number as {{ type_string() }}), ''),
            '|'
        ) as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_transaction__order_lines') }}
    where reject_reason_code is not null
),

base_transaction__returns as (
    select
        'returns' as feed,
        return_id as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_transaction__returns') }}
    where reject_reason_code is not null
),

base_transaction__products as (
    select
        'products' as feed,
        product_id as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_transaction__products') }}
    where reject_reason_code is not null
),

base_engagement__events as (
    select
        'events' as feed,
        event_id as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_engagement__events') }}
    where reject_reason_code is not null
),

base_engagement__share_codes as (
    select
        'share_codes' as feed,
        share_code as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_engagement__share_codes') }}
    where reject_reason_code is not null
),

base_communication__campaign_controls as (
    select
        'campaign_controls' as feed,
        control_id as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_communication__campaign_controls') }}
    where reject_reason_code is not null
),

base_engagement__reviews as (
    select
        'reviews' as feed,
        review_id as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_engagement__reviews') }}
    where reject_reason_code is not null
),

base_engagement__survey_responses as (
    select
        'survey_responses' as feed,
        response_id as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_engagement__survey_responses') }}
    where reject_reason_code is not null
),

base_communication__campaigns as (
    select
        'campaigns' as feed,
        campaign_id as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_communication__campaigns') }}
    where reject_reason_code is not null
),

base_communication__message_events as (
    select
        'message_events' as feed,
        event_id as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_communication__message_events') }}
    where reject_reason_code is not null
),

base_communication__service_interactions as (
    select
        'service_interactions' as feed,
        interaction_id as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_communication__service_interactions') }}
    where reject_reason_code is not null
),

base_loyalty__loyalty_events as (
    select
        'loyalty_events' as feed,
        event_id as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_loyalty__loyalty_events') }}
    where reject_reason_code is not null
),

base_privacy__consent_events as (
    select
        'consent_events' as feed,
        consent_event_id as record_id,
        {{ rejected_columns() }}
    from {{ ref('base_privacy__consent_events') }}
    where reject_reason_code is not null
),

base_privacy__privacy_requests as (
    select
        'privacy_requests' as feed,
        request_id as record_id,
        {{ rejected_columns() }}
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

-- What `crossbrand land` could not read at all, and so never reached a base model.
put_aside as (
    select
        feed,
        cast(null as {{ type_string() }}) as record_id,
        brand_id,
        {{ safe_date('load_date_text') }} as load_date,
        source_file,
        {{ safe_bigint('source_line_text') }} as source_line,
        reason_code as reject_reason_code,
        cast(null as {{ type_string() }}) as reject_column,
        coalesce(payload, '') as payload,
        detail
    from {{ put_aside_rows() }} as put_aside_records
),

staged as (
    select * from base_contact__contacts
    union all
    select * from base_transaction__orders
    union all
    select * from base_transaction__order_lines
    union all
    select * from base_transaction__returns
    union all
    select * from base_transaction__products
    union all
    select * from base_engagement__events
    union all
    select * from base_engagement__share_codes
    union all
    select * from base_communication__campaign_controls
    union all
    select * from base_engagement__reviews
    union all
    select * from base_engagement__survey_responses
    union all
    select * from base_communication__campaigns
    union all
    select * from base_communication__message_events
    union all
    select * from base_communication__service_interactions
    union all
    select * from base_loyalty__loyalty_events
    union all
    select * from base_privacy__consent_events
    union all
    select * from base_privacy__privacy_requests
),

united as (
    select
        *,
        cast(null as {{ type_string() }}) as detail,
        'staging' as refused_by
    from staged
    union all
    select
        *,
        'land' as refused_by
    from put_aside
),

-- The same row may be refused twice. Rows that agree in everything are told apart by counting them,
-- and since they agree it does not matter which is counted first.
counted as (
    select
        *,
        row_number() over (
            partition by
                refused_by,
                feed,
                brand_id,
                load_date,
                record_id,
                source_file,
                source_line,
                reject_reason_code,
                reject_column,
                payload,
                detail
            order by feed
        ) as occurrence
    from united
),

explained as (
    select
        {{ hash_text("concat_ws('|', counted.feed, coalesce(counted.brand_id, ''), "
            ~ "coalesce(cast(counted.load_date as " ~ type_string() ~ "), ''), "
            ~ "coalesce(counted.source_file, ''), "
            ~ "coalesce(cast(counted.source_line as " ~ type_string() ~ "), ''), counted.payload, "
            ~ "counted.refused_by, coalesce(counted.reject_reason_code, ''), "
            ~ "coalesce(counted.detail, ''), "
            ~ "cast(counted.occurrence as " ~ type_string() ~ "))") }} as rejected_record_id,
        counted.feed,
        counted.brand_id,
        counted.load_date,
        counted.record_id,
        counted.source_file,
        counted.source_line,
        counted.refused_by,
        counted.reject_reason_code as reason_code,
        replace(
            reject_reasons.reason || ' ' || reject_reasons.mend,
            '{column}',
            coalesce(counted.reject_column, 'the column')
        ) || coalesce(' (' || counted.detail || ')', '') as reason,
        counted.reject_column as column_name,
        counted.payload
    from counted
    left join reject_reasons on counted.reject_reason_code = reject_reasons.reason_code
)

select * from explained
