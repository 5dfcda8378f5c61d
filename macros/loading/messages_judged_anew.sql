{#
    Query for the messages whose clicks int_communication__message_events has judged by another number of links than the
    model's rows say: brand_id, message_id. Beside those with a new event they are the ones that may have changed.

    Trap: it compares what the rows hold and does not count builds: one that died between the two models is made good.
#}
{% macro messages_judged_anew() -%}
    select
        held.brand_id,
        held.message_id
    from {{ this }} as held
    inner join (
        select
            brand_id,
            message_id,
            {{ first_by('campaign_link_count', 'campaign_id') }} as campaign_link_count
        from {{ ref('int_communication__message_events') }}
        where campaign_link_count is not null
        group by brand_id, message_id
    ) as judged
        on held.brand_id = judged.brand_id and held.message_id = judged.message_id
    where held.campaign_link_count <> judged.campaign_link_count
{%- endmacro %}
