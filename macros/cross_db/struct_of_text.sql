{#
    A struct that holds columns as text under their own names, in the order given.

    columns: list of column names.

    Trap: a delivery may hold a column in any type (the files of a feed need not agree), so each is
    cast; a cast from text to text costs nothing.
#}
{% macro struct_of_text(columns) -%}
    {{ return(adapter.dispatch('struct_of_text', 'crossbrand')(columns)) }}
{%- endmacro %}

{% macro default__struct_of_text(columns) -%}
    named_struct(
        {%- for column in columns %}'{{ column }}', cast({{ column }} as string){{ ', ' if not loop.last }}{% endfor -%}
    )
{%- endmacro %}

{% macro duckdb__struct_of_text(columns) -%}
    struct_pack(
        {%- for column in columns %}{{ column }} := cast({{ column }} as varchar){{ ', ' if not loop.last }}{% endfor -%}
    )
{%- endmacro %}
