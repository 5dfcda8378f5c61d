{#
    The relation of a table beside a model's own, in which an engine without transactions keeps what it needs.

    relation: the model's; name: of the table, behind two underscores.
#}
{% macro beside(relation, name) -%}
    {{ return(relation.incorporate(path={'identifier': relation.identifier ~ '__' ~ name})) }}
{%- endmacro %}
