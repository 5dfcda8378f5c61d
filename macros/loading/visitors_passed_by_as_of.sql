{#
    Query for the visitors of whom something happened between as_of as it was and as it is (follow_as_of): brand_id,
    visitor_key.
#}
{% macro visitors_passed_by_as_of() -%}
    select distinct
        brand_id,
        visitor_key
    from {{ ref('int_engagement__session_events') }}
    where {{ passed_by_as_of('occurred_at') }}
{%- endmacro %}
