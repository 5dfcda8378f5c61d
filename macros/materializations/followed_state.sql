{#
    What a table that follows the changes of a key (by_key, key_changes) says of itself: the row of <model>__followed as a
    mapping, or none where the table or its state is missing.

    relation: the table as the cache knows it, or none; followed: where its state is kept.
#}
{% macro followed_state(relation, followed) -%}
    {%- if relation is none or not relation.is_table or not crossbrand.table_stands(followed) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set rows = run_query('select * from ' ~ followed) -%}
    {{ return(rows.rows[0].dict() if rows.rows | length == 1 else none) }}
{%- endmacro %}

{#
    Where that state is kept: beside the log and not beside the table, since what lies among the marts is a mart.

    relation: the table; log: the relation of the log that it follows.
#}
{% macro followed_relation(relation, log) -%}
    {{ return(api.Relation.create(log.database, log.schema, relation.identifier ~ '__followed', type='table')) }}
{%- endmacro %}

{# Whether a table stands by now. dbt's cache does not know what a materialization makes beside its model. #}
{% macro table_stands(relation) -%}
    {{ return(run_query(
        "select count(*) from duckdb_tables() where schema_name = '" ~ relation.schema ~ "' and table_name = '" ~ relation.identifier ~ "'"
    ).columns[0].values()[0] > 0) }}
{%- endmacro %}
