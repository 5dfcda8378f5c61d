{#
    A code of a fixed number of letters in upper case (country, currency), or null.

    expression: SQL text expression; letters: how many.
#}
{% macro typed_code(expression, letters) -%}
    case
        when {{ regexp_is_match(expression, '^[A-Z]{' ~ letters ~ '}$') }} then {{ expression }}
        when {{ regexp_is_match(clean_text(expression), '^[A-Za-z]{' ~ letters ~ '}$') }} then upper({{ clean_text(expression) }})
    end
{%- endmacro %}
