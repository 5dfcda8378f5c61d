{#
    Query for the messages that were judged by another number of links than their campaign has now: brand_id, message_id.
    A link that is clicked for the first time changes which messages of the campaign had every link clicked at once.

    Trap: it asks the model's own rows, each of which remembers the number that it was judged by.
#}
{% macro messages_of_changed_campaigns() -%}
    select distinct
        held.brand_id,
        held.message_id
    from {{ this }} as held
    left join {{ ref('int_communication__campaign_links') }} as campaign_links
        on held.brand_id = campaign_links.brand_id and held.campaign_id = campaign_links.campaign_id
    where held.campaign_link_count <> coalesce(campaign_links.link_count, 0)
{%- endmacro %}
