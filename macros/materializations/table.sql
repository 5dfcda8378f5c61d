{#
    table on DuckDB, in place of the adapter's own: the same table, written by one `create or replace` in the model's
    transaction. A build that is killed leaves the old table or the new one, as before.

    The adapter's own writes beside the table and swaps names, since elsewhere DDL does not wait for the commit. Each of
    its two renamings and its drop sets up a context with every macro there is, which in a build of small tables cost as
    much as the SQL. Grants, which DuckDB has not, and models in Python are left out.

    Trap: where the name is a view's, the view is dropped in the same transaction.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% if existing_relation is not none and not existing_relation.is_table %}
        {% do adapter.drop_relation(existing_relation) %}
    {% endif %}
    {% call statement('main') -%}
        {% if config.get('contract').enforced %}
            {{ get_assert_columns_equivalent(sql) }}
            create or replace table {{ target_relation }} {{ get_table_columns_and_constraints() }};
            insert into {{ target_relation }} {{ get_column_names() }} ({{ get_select_subquery(sql) }})
        {% else %}
            create or replace table {{ target_relation }} as (
                {{ sql }}
            )
        {% endif %}
    {%- endcall %}
    {% do create_indexes(target_relation) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
