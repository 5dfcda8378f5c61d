{#
    Writes a model's table from a query and swaps it in within one transaction, so that a build that is
    killed leaves the old table or the new one. Shared by the materializations of the identity graph.

    post_hooks: of the model; result_query: SQL text.
    Returns: what a materialization returns.

    Trap: the pre-hooks are not run here. They come before the model's own SQL, which the
    materialization has read by the time it calls this.
#}
{% macro write_components_table(post_hooks, result_query) %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
    {%- set backup_type = 'table' if existing_relation is none else existing_relation.type -%}
    {%- set backup_relation = make_backup_relation(target_relation, backup_type) -%}
    {% do drop_relation_if_exists(load_cached_relation(intermediate_relation)) %}
    {% do drop_relation_if_exists(load_cached_relation(backup_relation)) %}
    {% call statement('main') -%}
        {{ create_table_as(False, intermediate_relation, result_query) }}
    {%- endcall %}
    {% do create_indexes(intermediate_relation) %}
    {% if existing_relation is not none %}
        {% do adapter.rename_relation(existing_relation, backup_relation) %}
    {% endif %}
    {% do adapter.rename_relation(intermediate_relation, target_relation) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
    {% do drop_relation_if_exists(backup_relation) %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmacro %}
