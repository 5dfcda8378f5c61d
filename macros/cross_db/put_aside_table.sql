{#
    Part of a pre-hook: makes what `crossbrand land` has put aside readable as the table landing.put_aside,
    where the engine does not read the files in place.

    Returns a statement for the hook to run, or nothing.

    Traps. Only Spark needs it (landing_tables says why). The files lie in a folder per feed, brand and day,
    but feeds have no key in the path, so it is read as plain folders; put_aside_rows takes the day from it.
#}
{% macro put_aside_table() -%}
    {{ return(adapter.dispatch('put_aside_table', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__put_aside_table() -%}
{%- endmacro %}

{% macro spark__put_aside_table() -%}
    {%- if execute -%}
        {%- set schema = source('landing', 'orders').schema -%}
        {%- set root = var('landing_root').rstrip('/') | replace("'", "\\'") -%}
        {%- do run_query('create schema if not exists ' ~ schema) -%}
        {%- do run_query('drop table if exists ' ~ schema ~ '.put_aside') -%}
        {%- do run_query(
            'create table ' ~ schema ~ '.put_aside (feed string, brand string, file string, line string, reason string,'
            ~ ' reason_code string, detail string, `text` string) using parquet'
            ~ " options (pathGlobFilter '*.parquet', recursiveFileLookup 'true') location '" ~ root ~ "/_rejects'"
        ) -%}
    {%- endif -%}
{%- endmacro %}
