{#
    The statement that drops a table beside an incremental model's own, on Spark.

    relation: the table, which need not stand.

    Trap: these tables are Parquet whatever the model's is, and Iceberg's session catalog leaves the files of a table that is
    not its own, where no later one of that name could be made. Only PURGE has it ask Spark's own catalog.
#}
{% macro drop_beside(relation) -%}
    {{ return('drop table if exists ' ~ relation ~ (' purge' if var('spark_file_format', 'parquet') == 'iceberg' else '')) }}
{%- endmacro %}
