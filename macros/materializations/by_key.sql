{#
    by_key: a table whose rows belong to a key (a customer, say) and depend on nothing but what belongs to the same key
    and on what is the same for all. A build makes anew the rows of the keys that have changed since the table's own
    last build, and all of them where anything else has changed.

        -- depends_on: {{ ref('int_changes__customers') }}
        {{ config(materialized=made_by_key()) }}
        select customer_id, ... from ...

    The model's SQL stays as it is for a whole build. For a part of it the same SQL is run with each relation below it that
    has the key's column replaced by its rows of the changed keys. What the relations below it are, views followed to
    their tables, and what becomes of each:

        a model made by the same key     its rows of the changed keys; this table goes no further than it has come
        what the log reads (key_changes) its rows of the changed keys where it has the key's column, else whole
        int_operations__as_of            asked (below)
        everything else                  hashed: where its content is another one, everything is made anew

    So a model that reads what nobody thought of is made whole, and not wrongly. What cannot be found out is whether a row
    depends on other keys' rows (a quantile, a share of all): such a model must not be made by key.

    asks_as_of: `passed` promises that the model only asks whether something that the log tells of has happened by
    then; the log tells whose did since. `stamped` promises the same but for the column as_of_date, which holds
    the day in every row and is brought up to it. Without either a new as_of makes everything anew.

    keyless: `anew` for a model that has rows of nobody: they are made anew by every build. Such a row's null must come by
    an inner join from a table that says so (int_identity__record_customers), never from a left join that finds nothing:
    among the changed keys alone it finds nothing for all others.

    Traps. A row without a key (but for keyless), or of a key that has not changed, is an error: it would be there twice after the next
    build. <model>__followed holds made_by (everything that the rows depend on for all keys) and how far in the log
    the rows are; it is written in the same transaction as they.
#}
{% materialization by_key, adapter='duckdb' %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set changes = crossbrand.scratch_table(this.identifier ~ '__changes') -%}
    {%- set delta = crossbrand.scratch_table(this.identifier ~ '__delta') -%}
    {%- set told = crossbrand.told_by_log(model.unique_id) -%}
    {%- set key = told.key -%}
    {%- set followed = crossbrand.followed_relation(this, told.log) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {#- Where a build of few models leaves the log out, the table is made whole, and again when there is one. -#}
    {%- set missing = [] -%}
    {%- for other in [told.log] + told.by_key if not crossbrand.table_stands(crossbrand.followed_relation(other, told.log)) -%}
        {%- do missing.append(other) -%}
    {%- endfor -%}
    {%- set now = {'made_by': 'no log', 'change_number': 0} if missing else crossbrand.state_to_follow(told, sql) -%}
    {%- set held = none if should_full_refresh() else crossbrand.followed_state(existing_relation, followed) -%}
    {%- set is_whole = missing | length > 0 or held is none or held.made_by != now.made_by -%}
    {%- if not is_whole -%}
        {% do run_query('create or replace temp table ' ~ changes ~ ' as select ' ~ key ~ ' from ' ~ told.log ~ ' where change_number > ' ~ held.change_number) %}
        {#- Half of them by parts cost more than all at once. -#}
        {%- set is_whole = run_query(
            'select 2 * (select count(*) from ' ~ changes ~ ') > (select count(*) from ' ~ told.log ~ ')'
        ).columns[0].values()[0] -%}
    {%- endif -%}

    {% if is_whole %}
        {% if existing_relation is not none and not existing_relation.is_table %}
            {% do adapter.drop_relation(existing_relation) %}
        {% endif %}
        {% call statement('main') -%}
            {% if config.get('contract').enforced %}
                {{ get_assert_columns_equivalent(sql) }}
                create or replace table {{ target_relation }} {{ get_table_columns_and_constraints() }};
                insert into {{ target_relation }} {{ get_column_names() }} ({{ get_select_subquery(sql) }});
            {% else %}
                create or replace table {{ target_relation }} as (
                    {{ sql }}
                );
            {% endif %}
            create or replace table {{ followed }} as
            select '{{ now.made_by }}' as made_by, cast({{ now.change_number }} as bigint) as change_number
        {%- endcall %}
        {% do crossbrand.refuse_stray_rows(target_relation, key, 'false') %}
    {% else %}
        {%- set part = crossbrand.sql_of_changes(told, sql, changes) -%}
        {% do run_query('create or replace temp table ' ~ delta ~ ' as ' ~ part) %}
        {% do crossbrand.refuse_stray_rows(delta, key, '(' ~ key ~ ') not in (select ' ~ key ~ ' from ' ~ changes ~ ')') %}
        {%- set columns = adapter.get_columns_in_relation(target_relation) | map(attribute='quoted') | join(', ') -%}
        {% call statement('main') -%}
            delete from {{ target_relation }} where {{ crossbrand.of_changed_keys(key, changes) }};
            insert into {{ target_relation }} ({{ columns }}) select {{ columns }} from {{ delta }};
            {%- if config.get('asks_as_of') == 'stamped' %}
            update {{ target_relation }} as held
            set as_of_date = as_of.as_of_date
            from {{ told.as_of }} as as_of
            where held.as_of_date is distinct from as_of.as_of_date;
            {%- endif %}
            update {{ followed }} set change_number = {{ now.change_number }}
        {%- endcall %}
    {% endif %}

    {% do create_indexes(target_relation) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {% do run_query('drop table if exists ' ~ delta) %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
