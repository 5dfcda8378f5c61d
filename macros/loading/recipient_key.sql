{#
    By what a message's events find their recipient: the account, else the e-mail, else the phone. It only gathers the sets
    of identifiers that one build makes anew (int_identity__message_sets), so an account and a phone that are spelled alike
    do no harm.

    The columns contact_id, email_key and phone must be in sight.
#}
{% macro recipient_key() -%}
    coalesce(contact_id, email_key, phone)
{%- endmacro %}
