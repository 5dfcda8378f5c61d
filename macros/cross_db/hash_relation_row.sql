{#
    A 64-bit number for a whole row of a relation: equal rows give equal numbers.

    name: the relation's name or alias in the query.

    Trap: the number is the engine's own, so it is compared between builds of one engine and never published.
#}
{% macro hash_relation_row(name) -%}
    {{ return(adapter.dispatch('hash_relation_row', 'crossbrand')(name)) }}
{%- endmacro %}

{% macro default__hash_relation_row(name) -%}
    xxhash64(struct({{ name }}.*))
{%- endmacro %}

{% macro duckdb__hash_relation_row(name) -%}
    hash({{ name }})
{%- endmacro %}

{% macro postgres__hash_relation_row(name) -%}
    hashtextextended(cast({{ name }} as text), 0)
{%- endmacro %}
