{#
    The SQL of a model that is made by key with every relation below it cut down to the keys in the table `changes` (by_key).

    told: what told_by_log gives; sql: the model's SQL; changes: table of keys.

    Trap: DuckDB tells a view's SQL in its own spelling, without quotation marks, so both spellings of a relation are
    looked for. The views of the parts are temporary ones.
#}
{% macro sql_of_changes(told, sql, changes) -%}
    {%- set cut = [] -%}
    {%- for relation in told.told + told.by_key -%}
        {%- set names = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
        {%- if told.key.split(', ') | reject('in', names) | list | length == 0 -%}
            {%- set part = crossbrand.scratch_table(relation.identifier ~ '__part') -%}
            {%- do run_query(
                'create or replace temp view ' ~ part ~ ' as select * from ' ~ relation ~ ' where '
                ~ crossbrand.of_changed_keys(told.key, changes)
            ) -%}
            {%- do cut.append((relation, part)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for view in told.views -%}
        {%- set definition = run_query(
            "select sql from duckdb_views() where schema_name = '" ~ view.schema ~ "' and view_name = '" ~ view.identifier ~ "'"
        ).columns[0].values()[0] -%}
        {%- set body = modules.re.sub('(?s)^create view .*? as ', '', definition.rstrip().rstrip(';'), count=1, flags=modules.re.I) -%}
        {%- set part = crossbrand.scratch_table(view.identifier ~ '__part') -%}
        {%- do run_query('create or replace temp view ' ~ part ~ ' as ' ~ crossbrand.with_relations_replaced(body, cut)) -%}
        {%- do cut.append((view, part)) -%}
    {%- endfor -%}
    {{ return(crossbrand.with_relations_replaced(sql, cut)) }}
{%- endmacro %}

{# SQL with each relation of the pairs (relation, other) replaced by the other. #}
{% macro with_relations_replaced(sql, pairs) -%}
    {%- set replaced = [sql] -%}
    {%- for relation, other in pairs -%}
        {%- set name = '(?<![\\w"])(?:"?' ~ modules.re.escape(relation.database) ~ '"?\\.)?"?' ~ relation.schema ~ '"?\\."?' ~ relation.identifier ~ '"?(?![\\w"])' -%}
        {%- do replaced.append(modules.re.sub(name, other, replaced[-1])) -%}
    {%- endfor -%}
    {{ return(replaced[-1]) }}
{%- endmacro %}

{# The condition that a row is of a key in the table `changes`, or of none where such rows are made anew by every build (keyless). #}
{% macro of_changed_keys(key, changes) -%}
    {{ return(
        '((' ~ key ~ ') in (select ' ~ key ~ ' from ' ~ changes ~ ')'
        ~ (' or ' ~ crossbrand.key_is_missing(key) if config.get('keyless') == 'anew' else '') ~ ')'
    ) }}
{%- endmacro %}
