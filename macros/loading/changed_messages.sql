{#
    Query for the messages of which anything was read since the model's rows were made: brand_id, message_id.

    Trap: as changed_visitors, it asks every version, since an event may be restated under another message.
#}
{% macro changed_messages() -%}
    select distinct
        brand_id,
        message_id
    from {{ ref('base_communication__message_events') }}
    where reject_reason_code is null and read_number > {{ followed_number() }}
{%- endmacro %}
