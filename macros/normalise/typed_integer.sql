{#
    A whole number, or null. 12, +12 and 12.0 are read; 12.6 is not, which a safe cast would make 13.

    expression: SQL text expression; type: integer or bigint.
#}
{% macro typed_integer(expression) -%}
    {%- set whole = regexp_extract_match(
        clean_text(expression), '^[+-]?[0-9]+(?:[.,]0*)?$'
    ) -%}
    cast(
        case
            when abs({{ safe_bigint(regexp_extract_match(whole, '^[+-]?[0-9]+')) }}) <= 2147483647
                then {{ safe_bigint(regexp_extract_match(whole, '^[+-]?[0-9]+')) }}
        end as integer
    )
{%- endmacro %}
