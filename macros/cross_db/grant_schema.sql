{#
    Lets a reader select what a schema of views holds, and nothing else.

    Traps: a catalog needs roles for it. Databricks' has them, and its views read with their owner's rights, so
    readers need none on the schemas of the generations. Spark alone has none and raises, and so does DuckDB.
#}
{% macro grant_schema(schema, reader) -%}
    {{ return(adapter.dispatch('grant_schema', 'crossbrand')(schema, reader)) }}
{%- endmacro %}

{% macro default__grant_schema(schema, reader) -%}
    {% do run_query('grant use schema on schema ' ~ schema ~ ' to ' ~ adapter.quote(reader)) %}
    {% do run_query('grant select on schema ' ~ schema ~ ' to ' ~ adapter.quote(reader)) %}
{%- endmacro %}

{% macro duckdb__grant_schema(schema, reader) -%}
    {{ exceptions.raise_compiler_error("DuckDB has no roles: who may open the file may read it.") }}
{%- endmacro %}

{% macro postgres__grant_schema(schema, reader) -%}
    {{ exceptions.raise_compiler_error("Nothing is published from the target postgres. `crossbrand publish --postgres` brings DuckDB's marts there.") }}
{%- endmacro %}
