{#
    Query for the messages of which something happened between as_of as it was and as it is (follow_as_of): brand_id,
    message_id.

    Trap: it asks the base model. Where as_of goes back, int_communication__message_events has forgotten what is meant.
#}
{% macro messages_passed_by_as_of() -%}
    select distinct
        brand_id,
        message_id
    from {{ ref('base_communication__message_events') }}
    where reject_reason_code is null and {{ passed_by_as_of('occurred_at') }}
{%- endmacro %}
