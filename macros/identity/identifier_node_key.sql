{#
    The text that names one identifier in the identity graph: type, scope and value.

    Two equal values of different types, or of one type in different scopes, are different nodes: a
    phone number that happens to equal a card number joins nobody.

    identifier_type, scope_id, identifier_value: SQL text expressions, none of them null.
    Traps: the value stands last, so a separator within it cannot make two nodes alike. customer_id is
    a hash of this text: changing it changes every customer's id.
#}
{% macro identifier_node_key(identifier_type, scope_id, identifier_value) -%}
    concat({{ identifier_type }}, '|', {{ scope_id }}, '|', {{ identifier_value }})
{%- endmacro %}
