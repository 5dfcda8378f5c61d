{#
    Stops a model whose table was written before it was loaded by file, and says what to do: without the columns
    of the bookkeeping nobody can tell what the table holds.
#}
{% macro refuse_earlier_state() -%}
    {%- if is_incremental() -%}
        {%- set columns = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
        {%- if 'reading_id' not in columns -%}
            {{ exceptions.raise_compiler_error("The table " ~ this ~ " was written by an earlier version, which loaded it whole. Run `dbt build --full-refresh` (or `crossbrand build --full-refresh`) once.") }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
