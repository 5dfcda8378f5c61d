{#
    The texts of a group as one, in the order of a key, with a separator between them.

    Arguments: value, a text expression, never null; order_key, an expression that is unique within
    the group; separator, text without quotes.
    Traps: joined_text sorts by the texts themselves; this one does not.
#}
{% macro joined_text_by(value, order_key, separator) -%}
    {{ return(adapter.dispatch('joined_text_by', 'crossbrand')(value, order_key, separator)) }}
{%- endmacro %}

{% macro default__joined_text_by(value, order_key, separator) -%}
    array_join(
        transform(
            array_sort(collect_list(struct({{ order_key }} as sort_key, {{ value }} as sorted_value))),
            pair -> pair.sorted_value
        ),
        '{{ separator }}'
    )
{%- endmacro %}

{% macro duckdb__joined_text_by(value, order_key, separator) -%}
    string_agg({{ value }}, '{{ separator }}' order by {{ order_key }})
{%- endmacro %}

{% macro postgres__joined_text_by(value, order_key, separator) -%}
    string_agg({{ value }}, '{{ separator }}' order by {{ order_key }})
{%- endmacro %}
