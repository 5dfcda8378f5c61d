{#
    Part of a pre-hook: makes the landed files of feeds readable as the tables landing.<feed>, where the
    engine does not read them in place.

    feeds: a list; with several, all files together become the table landing.landed_files instead, whose
    rows can be counted by file in one scan. Returns a statement for the hook to run, or nothing.

    Traps. Elsewhere than on Spark the tables are there already: another tool loads them, on PostgreSQL
    crossbrand.postgres.load_landing. There the hook makes the type that a landed row is cast to. On Spark they are
    external tables over the files, all of whose columns are text, with the folders brand= and load_date=
    as partitions, and dropping one drops no file. Spark reads a column only in the type that the file has
    it in: a file with a column that is no text fails the build, where DuckDB would read it. A feed that
    never came is a table without rows. The option ignores what is no Parquet file.
#}
{% macro landing_tables(feeds) -%}
    {{ return(adapter.dispatch('landing_tables', 'crossbrand')(feeds)) }}
{%- endmacro %}

{% macro default__landing_tables(feeds) -%}
{%- endmacro %}

{% macro spark__landing_tables(feeds) -%}
    {%- if execute -%}
        {%- set root = var('landing_root').rstrip('/') -%}
        {%- if not modules.re.match('/|[a-z0-9]+:/', root) -%}
            {{ exceptions.raise_compiler_error("Spark needs the whole path of the landing (CROSSBRAND_LANDING or landing_root), not " ~ root ~ ".") }}
        {%- endif -%}
        {%- for feed in feeds if feeds | length == 1 -%}
            {%- set relation = source('landing', feed) -%}
            {%- set columns = [] -%}
            {%- for column in contract_columns(feed) + ['_file', '_line', 'brand', 'load_date'] -%}
                {%- do columns.append('`' ~ column ~ '` string') -%}
            {%- endfor -%}
            {%- do run_query('create schema if not exists ' ~ relation.schema) -%}
            {%- do run_query('drop table if exists ' ~ relation) -%}
            {%- do run_query(
                'create table ' ~ relation ~ ' (' ~ columns | join(', ') ~ ") using parquet options (pathGlobFilter '*.parquet')"
                ~ " partitioned by (brand, load_date) location '" ~ root | replace("'", "\\'")
                ~ '/' ~ feed ~ "'"
            ) -%}
        {%- endfor -%}
        {%- if feeds | length > 1 -%}
            {%- set schema = source('landing', feeds[0]).schema -%}
            {%- do run_query('create schema if not exists ' ~ schema) -%}
            {%- do run_query('drop table if exists ' ~ schema ~ '.landed_files') -%}
            {%- do run_query(
                'create table ' ~ schema ~ ".landed_files (_file string) using parquet options (pathGlobFilter '*.parquet',"
                ~ " recursiveFileLookup 'true') location '" ~ root | replace("'", "\\'") ~ "'"
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro postgres__landing_tables(feeds) -%}
    {%- if feeds | length == 1 -%}
        {%- set row_type = landed_row_type(feeds[0]) -%}
        drop type if exists {{ row_type }};
        create type {{ row_type }} as ({{ contract_columns(feeds[0]) | join(' text, ') }} text)
    {%- endif -%}
{%- endmacro %}
