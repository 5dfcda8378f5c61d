{#
    Whose visit an event belongs to: the device, else the account, else the e-mail, else the event by itself.

    The columns device_id, contact_id, email_key and event_id must be in sight.
#}
{% macro visitor_key() -%}
    case
        when device_id is not null then 'd:' || device_id
        when contact_id is not null then 'c:' || contact_id
        when email_key is not null then 'e:' || email_key
        else 'v:' || event_id
    end
{%- endmacro %}
