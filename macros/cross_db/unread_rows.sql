{#
    The relation of the landed rows that a base model has still to read (choose_unread_files).

    source_relation: source('landing', feed), named by the model itself, so that dbt sees what the model reads.

    On DuckDB the source itself reads the files that are chosen. On Spark a temporary view does, whose condition
    names the files: they are picked from the listing, and no other is opened.
#}
{% macro unread_rows(source_relation) -%}
    {{ return(adapter.dispatch('unread_rows', 'crossbrand')(source_relation)) }}
{%- endmacro %}

{% macro default__unread_rows(source_relation) -%}
    {{ return(source_relation) }}
{%- endmacro %}

{% macro spark__unread_rows(source_relation) -%}
    {{ return('unread_' ~ source_relation.identifier if source_relation.schema else source_relation) }}
{%- endmacro %}
