{#
    Publishes the marts of a role as a generation where a generation is a schema:

        dbt run-operation publish_generation --target spark --args '{role: activation}'

    role: activation or bi. generation: small letters and digits that sort by time; by default the moment at which dbt
    was started. kept: how many generations stay, at least two. protected: the folder of a generation that
    `crossbrand publish --parquet` wrote (published/bi/parquet/<generation>), read in the place of the marts.
    leave_out: true to publish bi without the marts that only `protected` can give. readers: who may select in the role's
    schema from now on, where the catalog has roles (grant_schema).

    The tables are written into the schema <role>__<generation> and looked at. Only then the readers' schema <role> is
    touched: each view there gets both generations, of which it shows the one that the view `_current` names; that view
    is replaced, in one statement; and the views are left with the new one alone. So whoever reads has the old generation
    in all marts, or the new one in all. A failure before that statement leaves the old. Going back is the same
    call with the name of a generation that is there: its tables are not written again.

    bi fails closed: keyed ids and hidden small groups cannot be said in SQL (a statement would hold the key; what has to be
    hidden follows from what is hidden), so a mart with either is refused unless `protected` is given. docs/scale.md.
#}
{% macro publish_generation(role='activation', generation=none, kept=3, protected=none, leave_out=false, readers=[]) %}
    {%- set generation = generation | string if generation is not none else run_started_at.strftime('%Y%m%dt%H%M%Sz') -%}
    {%- if role not in ['activation', 'bi'] -%}
        {{ exceptions.raise_compiler_error("There is no role " ~ role ~ ": activation or bi.") }}
    {%- endif -%}
    {%- if not modules.re.match('[0-9a-z]+$', generation) or kept < 2 -%}
        {{ exceptions.raise_compiler_error("A generation is named by small letters and digits, and two are kept at least.") }}
    {%- endif -%}
    {%- if modules.re.search('[`\'"]', (readers | join('') ~ (protected or ''))) -%}
        {{ exceptions.raise_compiler_error("A reader or a folder with a quote in its name is not taken.") }}
    {%- endif -%}
    {%- set schema = role ~ '__' ~ generation -%}
    {%- do adapter.create_schema(api.Relation.create(database=target.get('database'), schema=role)) -%}
    {%- if '_generation' not in crossbrand.tables_of(schema) -%}
        {%- do crossbrand.write_generation(role, schema, generation, protected, leave_out) -%}
        {%- do crossbrand.settle() -%}
    {%- endif -%}
    {%- do crossbrand.show_generation(role, schema) -%}
    {%- for reader in readers -%}
        {%- do grant_schema(role, reader) -%}
    {%- endfor -%}
    {%- do crossbrand.sweep_generations(role, schema, kept) -%}
    {%- do crossbrand.settle() -%}
{% endmacro %}


{#
    Writes the tables of a generation and looks at them. `_generation` comes last: a schema without it was left by a
    call that died, and is written anew.
#}
{% macro write_generation(role, schema, generation, protected, leave_out) %}
    {%- set marts, refused = [], [] -%}
    {%- for node in crossbrand.published_nodes(role) -%}
        {%- set reason = none if protected else crossbrand.refused_reason(node, role) -%}
        {%- if reason is none -%}
            {%- do marts.append(node) -%}
        {%- else -%}
            {%- do refused.append(node.alias ~ ' (' ~ reason ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if refused and not leave_out -%}
        {{ exceptions.raise_compiler_error(
            "bi may not have these marts from here: " ~ refused | join(', ') ~ ". Publish them with "
            ~ "`crossbrand publish --parquet` and give its folder as `protected`, or say `leave_out: true`. "
            ~ "Nothing was published.") }}
    {%- endif -%}
    {%- if not marts -%}
        {{ exceptions.raise_compiler_error("No mart may go to " ~ role ~ ".") }}
    {%- endif -%}
    {%- if protected -%}
        {%- do crossbrand.refuse_other_role(role, protected) -%}
    {%- endif -%}
    {%- do run_query('drop schema if exists ' ~ schema ~ ' cascade') -%}
    {%- do run_query('create schema ' ~ schema) -%}
    {%- set counts = [] -%}
    {%- for node in marts -%}
        {%- set wanted = crossbrand.published_columns(node, role) -%}
        {%- if protected -%}
            {%- set source = parquet_rows(protected ~ '/' ~ node.alias ~ '.parquet') -%}
        {%- else -%}
            {%- set source = node.schema ~ '.' ~ adapter.quote(node.alias) -%}
            {%- do crossbrand.refuse_other_columns(node.schema, node.alias, node.columns.keys() | list) -%}
        {%- endif -%}
        {%- set table = schema ~ '.' ~ adapter.quote(node.alias) -%}
        {%- set columns = [] -%}
        {%- for column in wanted -%}
            {%- do columns.append(adapter.quote(column)) -%}
        {%- endfor -%}
        {%- do run_query('create table ' ~ table ~ ' as select ' ~ (columns | join(', ')) ~ ' from ' ~ source) -%}
        {%- if role == 'bi' -%}
            {%- do crossbrand.refuse_people(node, schema, wanted) -%}
            {%- do crossbrand.refuse_plain_ids(node, schema, wanted) -%}
        {%- endif -%}
        {%- do counts.append("select '" ~ node.alias ~ "' as mart_name, count(*) as row_count from " ~ table) -%}
    {%- endfor -%}
    {%- do run_query('create table ' ~ schema ~ '._generation_marts as ' ~ counts | join(' union all ')) -%}
    {#- Spark does not read files whose names begin with _, so what is protected does not tell its as_of here. -#}
    {%- set as_of = '(select cast(null as date) as as_of_at) as unknown' if protected else 'intermediate.int_operations__as_of' -%}
    {%- do run_query(
        "create table " ~ schema ~ "._generation as select '" ~ generation ~ "' as generation_id, '" ~ role
        ~ "' as role, as_of_at from " ~ as_of) -%}
{% endmacro %}


{# Points the readers' views at a generation, all at once. #}
{% macro show_generation(role, schema) %}
    {%- set pointer = role ~ '.' ~ adapter.quote('_current') -%}
    {%- set shown = crossbrand.tables_of(role) -%}
    {%- set old = crossbrand.single_value('select schema_name from ' ~ pointer) if '_current' in shown else 'none' -%}
    {%- set old_tables = crossbrand.tables_of(old) if old != schema else [] -%}
    {%- set names = crossbrand.tables_of(schema) -%}
    {%- if '_current' not in shown -%}
        {%- do run_query('create view ' ~ pointer ~ " as select 'none' as schema_name") -%}
    {%- endif -%}
    {%- for name in names if old != schema -%}
        {%- set both = crossbrand.view_of_both(pointer, name, schema, old, name in old_tables) -%}
        {%- do run_query('create or replace view ' ~ role ~ '.' ~ adapter.quote(name) ~ ' as ' ~ both) -%}
    {%- endfor -%}
    {%- do crossbrand.settle() -%}
    {%- do crossbrand.point_to(pointer, schema) -%}
    {%- for name in names -%}
        {%- do run_query(
            'create or replace view ' ~ role ~ '.' ~ adapter.quote(name) ~ ' as select * from ' ~ schema ~ '.'
            ~ adapter.quote(name)) -%}
    {%- endfor -%}
    {%- for name in shown if name not in names and name != '_current' -%}
        {%- do run_query('drop view ' ~ role ~ '.' ~ adapter.quote(name)) -%}
    {%- endfor -%}
    {{ log(role ~ ' shows ' ~ schema ~ ', ' ~ (names | length - 2) ~ ' marts; before: ' ~ old, info=true) }}
{% endmacro %}


{# The one statement by which all readers move. #}
{% macro point_to(pointer, schema) %}
    {%- do run_query('create or replace view ' ~ pointer ~ " as select '" ~ schema ~ "' as schema_name") -%}
    {%- do crossbrand.settle() -%}
{% endmacro %}


{#
    Commits what has been done, where there are transactions: to look into the catalog begins one, and an operation that
    is over takes it back.
#}
{% macro settle() %}
    {%- call statement('begun') -%} select 1 {%- endcall -%}
    {%- do adapter.commit() -%}
{% endmacro %}


{#
    The query of a view while generations are swapped: of both, the rows of the one that `pointer` names.

    The columns are those of the new one; what the old one has not is null, and what has another type is cast.
#}
{% macro view_of_both(pointer, name, schema, old, is_in_old) %}
    {%- set old_types = {} -%}
    {%- if is_in_old -%}
        {%- for column in adapter.get_columns_in_relation(crossbrand.published_relation(old, name)) -%}
            {%- do old_types.update({column.name: column.dtype}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set new_columns, old_columns = [], [] -%}
    {%- for column in adapter.get_columns_in_relation(crossbrand.published_relation(schema, name)) -%}
        {%- set quoted = adapter.quote(column.name) -%}
        {%- do new_columns.append(quoted) -%}
        {%- if old_types.get(column.name) == column.dtype -%}
            {%- do old_columns.append(quoted) -%}
        {%- else -%}
            {%- do old_columns.append(
                'cast(' ~ (quoted if column.name in old_types else 'null') ~ ' as ' ~ column.dtype ~ ') as ' ~ quoted) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set shown = "(select schema_name from " ~ pointer ~ ") = '" -%}
    {%- set query -%}
        select {{ new_columns | join(', ') }} from {{ schema }}.{{ adapter.quote(name) }} where {{ shown ~ schema }}'
        {%- if is_in_old %}
        union all
        select {{ old_columns | join(', ') }} from {{ old }}.{{ adapter.quote(name) }} where {{ shown ~ old }}'
        {%- endif -%}
    {%- endset -%}
    {{ return(query) }}
{% endmacro %}


{#
    Drops the generations of a role beyond the newest `kept`, but never the one that is shown, nor a schema without
    `_generation`: what a call that died has left, or somebody else's.
#}
{% macro sweep_generations(role, schema, kept) %}
    {%- set found = [] -%}
    {%- for name in list_schemas(target.get('database')).columns[0].values() | sort(reverse=true) if name.startswith(role ~ '__') -%}
        {%- do found.append(name) -%}
    {%- endfor -%}
    {%- for name in found[kept:] if name != schema and '_generation' in crossbrand.tables_of(name) -%}
        {%- do run_query('drop schema ' ~ name ~ ' cascade') -%}
        {{ log('dropped ' ~ name, info=true) }}
    {%- endfor -%}
{% endmacro %}


{# The names of what a schema holds, in order; nothing where there is no such schema. #}
{% macro tables_of(schema) %}
    {%- set names = [] -%}
    {%- if schema in list_schemas(target.get('database')).columns[0].values() -%}
        {%- for relation in list_relations_without_caching(api.Relation.create(database=target.get('database'), schema=schema)).rows -%}
            {%- do names.append(relation[1]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(names | sort) }}
{% endmacro %}


{# A table as what dbt's adapters take. #}
{% macro published_relation(schema, name) %}
    {{ return(api.Relation.create(database=target.get('database'), schema=schema, identifier=name, type='table')) }}
{% endmacro %}
