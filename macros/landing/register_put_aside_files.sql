{#
    Pre-hook of rejected_records: finds what `crossbrand land` has put aside, landing/_rejects/<feed>/…,
    and keeps the list of files in the variable landing_rejects.

    Trap: a file without rows is always in the list, so that a landing without rejects builds.
#}
{% macro register_put_aside_files() -%}
    {{ return(adapter.dispatch('register_put_aside_files', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__register_put_aside_files() -%}
    {{ put_aside_table() }}
{%- endmacro %}

{% macro duckdb__register_put_aside_files() -%}
    set variable landing_rejects = (
        select list(file order by file)
        from glob([
            '{{ landing_path() }}/_rejects/*/brand=*/load_date=*/*.parquet',
            'models/marts/operations/put_aside_zero_rows.parquet'
        ])
    )
{%- endmacro %}
