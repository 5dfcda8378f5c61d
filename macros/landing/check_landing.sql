{#
    on-run-start: a plain `dbt build` of a folder in which nothing has landed says so, and stops where it
    would empty a warehouse that has customers: a misspelt CROSSBRAND_LANDING looks like a landing of nothing.

    Returns nothing; raises a compiler error that names the folder and the mend.

    On PostgreSQL the landing is tables that a command fills, which is to be run first.

    Traps. A build of some nodes is told and not stopped, nor is one of an empty warehouse: both are how
    one begins. `crossbrand build` looks before dbt does, and says more.
#}
{% macro check_landing() -%}
    {{ return(adapter.dispatch('check_landing', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__check_landing() -%}
{%- endmacro %}

{% macro duckdb__check_landing() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set patterns = [] -%}
        {%- for feed in contract_feeds() -%}
            {%- do patterns.append("'" ~ landing_path() ~ "/" ~ feed ~ "/brand=*/load_date=*/*.parquet'") -%}
        {%- endfor -%}
        {%- if run_query("select count(*) from glob([" ~ patterns | join(', ') ~ "])").rows[0][0] == 0 -%}
            {%- set told = "No file has landed in " ~ var('landing_root') ~ ": name the folder in CROSSBRAND_LANDING, or make a sample with `crossbrand generate`." -%}
            {%- set there = run_query("select count(*) from duckdb_tables() where database_name = current_database() and table_name = 'customer_360' and estimated_size > 0").rows[0][0] -%}
            {%- if there and not invocation_args_dict.get('select') -%}
                {{ exceptions.raise_compiler_error(told ~ " A build would empty the warehouse, which has customers.") }}
            {%- endif -%}
            {%- do exceptions.warn(told) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro postgres__check_landing() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set landed_files = source('landing', (contract_feeds() or ['orders'])[0]).schema ~ '.landed_files' -%}
        {%- if run_query("select to_regclass('" ~ landed_files ~ "') is null").rows[0][0] -%}
            {{ exceptions.raise_compiler_error("Nothing was ever copied into this database. Run `python -m crossbrand.postgres.load_landing` first.") }}
        {%- elif run_query("select count(*) from " ~ landed_files).rows[0][0] == 0 -%}
            {%- do exceptions.warn("The tables of the landing are empty: run `python -m crossbrand.postgres.load_landing`.") -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
