{#
    Query for the recipients of whom a message event has become over age, or is no longer (follow_retention): brand_id,
    recipient_key.

    Trap: it asks the base model, since the view has forgotten what is over age.
#}
{% macro recipients_passed_by_retention() -%}
    select distinct
        brand_id,
        {{ recipient_key() }} as recipient_key
    from {{ ref('base_communication__message_events') }}
    where reject_reason_code is null and {{ passed_by_retention('occurred_at') }}
{%- endmacro %}
