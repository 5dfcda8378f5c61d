{#
    True where a column of any type is a whole-number type, as SQL.

    column_name: a column. Used to decide whether graph nodes can be used as numbers as they are.
#}
{% macro is_integer_type(column_name) -%}
    {{ return(adapter.dispatch('is_integer_type', 'crossbrand')(column_name)) }}
{%- endmacro %}

{% macro default__is_integer_type(column_name) -%}
    {{ return("typeof(" ~ column_name ~ ") in ('tinyint', 'smallint', 'int', 'bigint')") }}
{%- endmacro %}

{% macro duckdb__is_integer_type(column_name) -%}
    {{ return("typeof(" ~ column_name ~ ") in ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER')") }}
{%- endmacro %}

{% macro postgres__is_integer_type(column_name) -%}
    {{ return("cast(pg_typeof(" ~ column_name ~ ") as text) in ('smallint', 'integer', 'bigint')") }}
{%- endmacro %}
