{#
    What a model that is made by key reads, and what its log answers for (by_key): a mapping of

        log, key     the log's relation and the names of the key's columns, joined by commas
        as_of        int_operations__as_of, where the model asks it no more than by_key's asks_as_of says
        told         tables that the log answers for
        by_key       tables that are made by the same log
        others       tables and seeds that are neither
        views        views between, each after those that it reads

    id: the model's unique id.
#}
{% macro told_by_log(id) -%}
    {%- set logs = [] -%}
    {%- for parent in graph.nodes[id].depends_on.nodes if graph.nodes[parent].config.materialized == 'key_changes' -%}
        {%- do logs.append(parent) -%}
    {%- endfor -%}
    {%- if logs | length != 1 -%}
        {{ exceptions.raise_compiler_error(this ~ " is made by key and must name one log of changes: -- depends_on: {{ ref('int_changes__…') }}") }}
    {%- endif -%}
    {%- set log = logs[0] -%}
    {%- set answered = crossbrand.tables_below(log).tables -%}
    {%- set below = crossbrand.tables_below(id) -%}
    {%- set found = {
        'log': crossbrand.relation_of(log), 'key': crossbrand.key_columns(graph.nodes[log].config.key),
        'told': [], 'by_key': [], 'others': [], 'views': []
    } -%}
    {%- for table in below.tables if table != log -%}
        {%- set node = graph.nodes[table] -%}
        {%- if node.config.materialized == 'by_key' and log in node.depends_on.nodes -%}
            {%- do found.by_key.append(crossbrand.relation_of(table)) -%}
        {%- elif node.name == 'int_operations__as_of' and config.get('asks_as_of') in ('passed', 'stamped') -%}
            {%- do found.update({'as_of': crossbrand.relation_of(table)}) -%}
        {%- elif node.resource_type != 'seed' and node.name != 'int_operations__as_of' and table in answered -%}
            {%- do found.told.append(crossbrand.relation_of(table)) -%}
        {%- else -%}
            {%- do found.others.append(crossbrand.relation_of(table)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for view in below.views -%}
        {%- do found.views.append(crossbrand.relation_of(view)) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# The tables that a model reads, through views, and the views between, as unique ids: {'tables': [], 'views': []}. #}
{% macro tables_below(id, found=none) -%}
    {%- set found = found or {'tables': [], 'views': []} -%}
    {%- for parent in graph.nodes[id].depends_on.nodes if parent in graph.nodes -%}
        {%- if graph.nodes[parent].config.materialized == 'view' -%}
            {%- if parent not in found.views -%}
                {%- do crossbrand.tables_below(parent, found) -%}
                {%- do found.views.append(parent) -%}
            {%- endif -%}
        {%- elif parent not in found.tables -%}
            {%- do found.tables.append(parent) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# The relation of a model or seed. #}
{% macro relation_of(id) -%}
    {%- set node = graph.nodes[id] -%}
    {{ return(api.Relation.create(node.database, node.schema, node.alias)) }}
{%- endmacro %}

{# The columns of a key, which is a name or a list of names, joined by commas. #}
{% macro key_columns(key) -%}
    {{ return(key if key is string else key | join(', ')) }}
{%- endmacro %}
