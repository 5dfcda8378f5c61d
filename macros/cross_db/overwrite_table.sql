{#
    Gives a table the rows of another one, in place of its own.

    Trap: on Parquet its files are deleted first, so the other table must stay until this has ended (mend_table).
#}
{% macro overwrite_table(relation, source_relation) -%}
    {%- set columns = adapter.get_columns_in_relation(relation) | map(attribute='quoted') | join(', ') -%}
    {%- do run_query('insert overwrite table ' ~ relation ~ ' select ' ~ columns ~ ' from ' ~ source_relation) -%}
{%- endmacro %}
