{#
    Whether the engine changes a table's rows in one step, wholly or not at all: Delta and Iceberg do, Parquet does not.

    relation: a table on Spark that stands.
#}
{% macro is_one_step(relation) -%}
    {%- set found = load_relation(relation) -%}
    {{ return(found is not none and (found.is_delta or found.is_iceberg)) }}
{%- endmacro %}
