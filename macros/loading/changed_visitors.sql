{#
    Query for the visitors of whom anything was read since the model's rows were made: brand_id, visitor_key.

    Traps. It asks every version of an event and not the latest alone: an event that is restated on another device
    leaves one visitor and joins another. Base models number all versions of a key anew when one comes.
#}
{% macro changed_visitors() -%}
    select distinct
        brand_id,
        {{ visitor_key() }} as visitor_key
    from {{ ref('base_engagement__events') }}
    where reject_reason_code is null and read_number > {{ followed_number() }}
{%- endmacro %}
