{#
    The strategy of an incremental model on Spark. dbt finds this macro by its name, in place of its Spark
    adapter's own, which knows no delete+insert.

    raw_strategy: as the model's config has it; file_format: of the table.

    Trap: dbt_spark_get_incremental_sql says what the strategies do, for Parquet as for Delta.
#}
{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) -%}
    {%- if raw_strategy not in ('append', 'delete+insert') -%}
        {{ exceptions.raise_compiler_error("On Spark the project's incremental models append or delete+insert, not " ~ raw_strategy ~ ".") }}
    {%- endif -%}
    {{ return(raw_strategy) }}
{%- endmacro %}
