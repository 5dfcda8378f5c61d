{#
    Query for the visitors of whom an event has become over age, or is no longer (follow_retention): brand_id, visitor_key.

    Trap: it asks the base model, since the view has forgotten what is over age.
#}
{% macro visitors_passed_by_retention() -%}
    select distinct
        brand_id,
        {{ visitor_key() }} as visitor_key
    from {{ ref('base_engagement__events') }}
    where reject_reason_code is null and {{ passed_by_retention('occurred_at') }}
{%- endmacro %}
