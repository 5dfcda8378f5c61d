{#
    key_changes: turns a model of one row a key into the log of which key last changed when. The models that are made by
    key (by_key) ask it what they have to make anew.

        {{ config(materialized='key_changes', key='customer_id') }}
        select customer_id, ... as state from ...

    (a list where the key is of several columns)

    gives one row per key that ever was: the key, its state (null where the key is gone) and change_number, which counts up
    from 1 with every build that changed anything. What the model reads, with what it names by `-- depends_on:`, is what the
    log answers for: whenever a row of that changes which belongs to a key, the key's state must be another one.

    The table <model>__followed has one row: log_id, another one whenever the log was begun anew; made_by,
    the md5 of the SQL; and the last change_number. All are written in one transaction.
#}
{% materialization key_changes, adapter='duckdb' %}
    {%- set key = crossbrand.key_columns(config.require('key')) -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set followed = crossbrand.followed_relation(this, this) -%}
    {%- set states = crossbrand.scratch_table(this.identifier ~ '__states') -%}
    {%- set changed = crossbrand.scratch_table(this.identifier ~ '__changed') -%}
    {%- set made_by = local_md5(sql) -%}
    {%- set held = crossbrand.followed_state(existing_relation, followed) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% do run_query('create or replace temp table ' ~ states ~ ' as select ' ~ key ~ ', state from (' ~ sql ~ ') as told') %}
    {% if existing_relation is not none and not existing_relation.is_table %}
        {% do adapter.drop_relation(existing_relation) %}
    {% endif %}
    {% call statement('main') -%}
        {% if should_full_refresh() or held is none or held.made_by != made_by %}
            create or replace table {{ target_relation }} as
            select {{ key }}, state, cast(1 as bigint) as change_number from {{ states }};
            create or replace table {{ followed }} as
            select '{{ local_md5(invocation_id ~ made_by) }}' as log_id, '{{ made_by }}' as made_by, cast(1 as bigint) as change_number
        {% else %}
            create or replace temp table {{ changed }} as
            select {{ key }}, states.state
            from {{ states }} as states
            full join {{ target_relation }} as held using ({{ key }})
            where states.state is distinct from held.state;
            delete from {{ target_relation }} where ({{ key }}) in (select {{ key }} from {{ changed }});
            insert into {{ target_relation }}
            select {{ key }}, state, {{ held.change_number + 1 }} from {{ changed }};
            update {{ followed }} set change_number = {{ held.change_number + 1 }}
            where exists (select 1 from {{ changed }})
        {% endif %}
    {%- endcall %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {% do run_query('drop table if exists ' ~ states ~ '; drop table if exists ' ~ changed) %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
