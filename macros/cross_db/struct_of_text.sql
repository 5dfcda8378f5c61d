{#
    A struct that holds columns as text under their own names, in the order given.

    columns: list of column names; row_type: the name that landing_tables gave to the struct, where its fields are
    read by name afterwards, as (raw).order_id.

    Trap: a delivery may hold a column in any type (the files of a feed need not agree), so each is
    cast; a cast from text to text costs nothing.
#}
{% macro struct_of_text(columns, row_type=none) -%}
    {{ return(adapter.dispatch('struct_of_text', 'crossbrand')(columns, row_type)) }}
{%- endmacro %}

{% macro default__struct_of_text(columns, row_type=none) -%}
    named_struct(
        {%- for column in columns %}'{{ column }}', cast({{ column }} as string){{ ', ' if not loop.last }}{% endfor -%}
    )
{%- endmacro %}

{% macro duckdb__struct_of_text(columns, row_type=none) -%}
    struct_pack(
        {%- for column in columns %}{{ column }} := cast({{ column }} as varchar){{ ', ' if not loop.last }}{% endfor -%}
    )
{%- endmacro %}

{% macro postgres__struct_of_text(columns, row_type=none) -%}
    {%- if row_type -%}
    row({%- for column in columns %}cast({{ column }} as text){{ ', ' if not loop.last }}{% endfor -%})::{{ row_type }}
    {%- else -%}
    (select told from (select {% for column in columns %}cast({{ column }} as text) as {{ column }}{{ ', ' if not loop.last }}{% endfor %}) as told)
    {%- endif -%}
{%- endmacro %}
