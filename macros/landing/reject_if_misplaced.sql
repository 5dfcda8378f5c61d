{#
    'reason_code:column' where a row came under a brand that seeds/brands.csv does not know, or under a
    load date that is no date, else null.

    Trap: the base model has joined the seed `brands` and named its key known_brand_id.
#}
{% macro reject_if_misplaced() -%}
    case
        when known_brand_id is null then 'unknown_brand:brand'
        when load_date is null then 'unreadable_value:load_date'
    end
{%- endmacro %}
