{#
    Query for the messages of which an event has become over age, or is no longer (follow_retention): brand_id, message_id.

    Trap: it asks the base model, since the view has forgotten what is over age.
#}
{% macro messages_passed_by_retention() -%}
    select distinct
        brand_id,
        message_id
    from {{ ref('base_communication__message_events') }}
    where reject_reason_code is null and {{ passed_by_retention('occurred_at') }}
{%- endmacro %}
