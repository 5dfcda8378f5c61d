{#
    true, false or null: true, t, yes, y, 1 and false, f, no, n, 0 in any case.

    expression: SQL text expression.

    Trap: 1.0 and 0.0 count too, since a flag with gaps is often delivered in a floating column.
#}
{% macro typed_boolean(expression) -%}
    case
        when lower({{ clean_text(expression) }}) in ('true', 't', 'yes', 'y', '1', '1.0') then true
        when lower({{ clean_text(expression) }}) in ('false', 'f', 'no', 'n', '0', '0.0') then false
    end
{%- endmacro %}
