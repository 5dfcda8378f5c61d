{#
    Query for the recipients of whom any message event was read since the model's rows were made: brand_id, recipient_key.

    Trap: as changed_visitors, it asks every version, since an event may be restated under another account.
#}
{% macro changed_recipients() -%}
    select distinct
        brand_id,
        {{ recipient_key() }} as recipient_key
    from {{ ref('base_communication__message_events') }}
    where reject_reason_code is null and read_number > {{ followed_number() }}
{%- endmacro %}
