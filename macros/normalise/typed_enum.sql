{#
    A value of a closed vocabulary, lower-cased, or null where the text is none of them.

    expression: SQL text expression; values: list of texts, as contract_values gives it.
#}
{% macro typed_enum(expression, values) -%}
    {%- set listed = "'" ~ values | join("', '") ~ "'" -%}
    case
        when {{ expression }} in ({{ listed }}) then {{ expression }}
        when {{ lower_case(clean_text(expression)) }} in ({{ listed }}) then {{ lower_case(clean_text(expression)) }}
    end
{%- endmacro %}
