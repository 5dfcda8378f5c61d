{#
    Last pre-hook of an incremental model on top of a base model: deletes what find_changes found, so that the model can
    append it anew.

    keys: the columns that the model's rows share with the changes.

    Trap: it runs in the model's own transaction, after followed_number was taken: a build that fails or is killed leaves
    rows and number as they were. On Spark, which has no transaction, nothing is deleted beforehand: the statement that
    writes the new rows leaves these out (dbt_spark_get_incremental_sql).
#}
{% macro forget_changes(keys) -%}
    {{ return(adapter.dispatch('forget_changes', 'crossbrand')(keys)) }}
{%- endmacro %}

{% macro default__forget_changes(keys) -%}
{%- endmacro %}

{% macro duckdb__forget_changes(keys) -%}
    {%- if is_incremental() -%}
        {%- if run_query("select " ~ followed_number()).columns[0].values()[0] == 0 -%}
            create or replace table {{ this }} as select * from {{ this }} limit 0
        {%- else -%}
            delete from {{ this }} as held
            using {{ changes() }} as changes
            where
                {%- for key in keys %}
                held.{{ key }} = changes.{{ key }}{{ ' and' if not loop.last }}
                {%- endfor %}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
