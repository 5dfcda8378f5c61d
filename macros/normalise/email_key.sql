{#
    The key by which two addresses are one mailbox. The +tag is removed; at gmail.com and
    googlemail.com, which are one, so are the dots of the local part.

    Arguments: an address as email_address gives it; null gives null.

    Traps. A key is for matching and never for sending. The argument stands in the SQL several
    times: give it a column of an earlier step rather than a nested email_address. Dots elsewhere
    than at Gmail tell mailboxes apart and stay. An address that begins with + has no tag and stays
    whole.
#}
{% macro email_key(address) -%}
    {%- set local_part = regexp_replace_all(address, '(?:[+].*|@.*)$') -%}
    case
        when {{ address }} like '%@gmail.com' or {{ address }} like '%@googlemail.com'
            then replace({{ local_part }}, '.', '') || '@gmail.com'
        else {{ regexp_replace_all(address, '^([^+]+)[+][^@]*@', '\\1@') }}
    end
{%- endmacro %}
