{#
    Number of a set of identifiers that stand on one record.

    Records with the same identifiers are the same evidence, so the graph is built from distinct sets
    (a loyal customer's thousand orders are one set) and a record finds its customer by this number.

    Every argument is an SQL text expression; null where the feed does not have that identifier.
    Traps: 64 bits; int_identity__identifier_sets tests that no two sets share a number.
#}
{% macro identifier_set_id(
    brand_id, contact_id='null', loyalty_card_id='null', email_key='null', phone='null', voucher_code='null',
    device_id='null'
) -%}
    {%- set parts = [brand_id, contact_id, loyalty_card_id, email_key, phone, voucher_code, device_id] -%}
    {%- set texts = [] -%}
    {%- for part in parts -%}
        {%- do texts.append("''" if part == 'null' else "coalesce(" ~ part ~ ", '')") -%}
    {%- endfor -%}
    {{ hash_bigint('concat(' ~ texts | join(", chr(31), ") ~ ')') }}
{%- endmacro %}
