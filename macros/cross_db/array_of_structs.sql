{#
    An array of structs with the same fields.

    names: the fields' names; rows: lists of expressions, one a field.

    Traps: the expressions of a field must have one type in all rows, so cast them. On PostgreSQL the struct is
    a type that create_functions makes, named after the fields.
#}
{% macro array_of_structs(names, rows) -%}
    {{ return(adapter.dispatch('array_of_structs', 'crossbrand')(names, rows)) }}
{%- endmacro %}

{% macro default__array_of_structs(names, rows) -%}
    array(
        {%- for row in rows %}
        named_struct(
            {%- for name in names %}
            '{{ name }}', {{ row[loop.index0] }}{{ ',' if not loop.last }}
            {%- endfor %}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{% macro duckdb__array_of_structs(names, rows) -%}
    [
        {%- for row in rows %}
        struct_pack(
            {%- for name in names %}
            {{ name }} := {{ row[loop.index0] }}{{ ',' if not loop.last }}
            {%- endfor %}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    ]
{%- endmacro %}

{% macro postgres__array_of_structs(names, rows) -%}
    array[
        {%- for row in rows %}
        row({{ row | join(', ') }})::crossbrand_functions.struct_{{ names | join('_') }}{{ ',' if not loop.last }}
        {%- endfor %}
    ]
{%- endmacro %}
