{#
    Creates (or replaces) a table that lives only as long as one materialization needs it.

    name: identifier, unique within the project run; columns come from query.

    Traps: a statement, not an expression; only materializations call it. DuckDB keeps it in the
    connection's temporary schema, where it spills but is never checkpointed. Elsewhere it is a table
    beside the model, so that a long chain of rounds does not become one endless query plan; on PostgreSQL one that
    is not logged, and counted at once, since nothing else would tell the planner its size.
#}
{% macro create_scratch_table(name, query) -%}
    {{ return(adapter.dispatch('create_scratch_table', 'crossbrand')(name, query)) }}
{%- endmacro %}

{% macro default__create_scratch_table(name, query) -%}
    {% do run_query("drop table if exists " ~ scratch_table(name)) %}
    {% do run_query("create table " ~ scratch_table(name) ~ " as " ~ query) %}
{%- endmacro %}

{% macro duckdb__create_scratch_table(name, query) -%}
    {% do run_query("create or replace temp table " ~ scratch_table(name) ~ " as " ~ query) %}
{%- endmacro %}

{% macro postgres__create_scratch_table(name, query) -%}
    {% do run_query("drop table if exists " ~ scratch_table(name)) %}
    {% do run_query("create unlogged table " ~ scratch_table(name) ~ " as " ~ query) %}
    {% do run_query("analyze " ~ scratch_table(name)) %}
{%- endmacro %}
