{#
    The relation of the nodes (node_id) that no chain of edges leads to from the least node of their component.

    edges: list of relations with node_a and node_b; components: a relation with node_id and component_id.

    It walks from node to node and knows nothing of how components were found, so that it can prove them.

    Traps. Spark knows no recursive union that leaves out what it has, so there each step of the walk is a
    table, written when the query is compiled to be run; what is missed stands in the query itself, a thousand
    nodes at most. The walk has as many steps as the longest of the shortest ways.
#}
{% macro unreached_nodes(edges, components) -%}
    {{ return(adapter.dispatch('unreached_nodes', 'crossbrand')(edges, components)) }}
{%- endmacro %}

{% macro default__unreached_nodes(edges, components) -%}
    (
        with recursive

        both_ways as (
            {%- for relation in edges %}
            select node_a as from_node, node_b as to_node from {{ relation }}
            union
            select node_b as from_node, node_a as to_node from {{ relation }}
            {{ 'union' if not loop.last }}
            {%- endfor %}
        ),

        reached as (
            select min(node_id) as node_id
            from {{ components }}
            group by component_id
            union
            select both_ways.to_node as node_id
            from reached
            inner join both_ways
                on reached.node_id = both_ways.from_node
        )

        select components.node_id
        from {{ components }} as components
        left join reached
            on components.node_id = reached.node_id
        where reached.node_id is null
    )
{%- endmacro %}

{% macro spark__unreached_nodes(edges, components) -%}
    {%- set name = components.schema ~ '.' ~ components.identifier ~ '__walk_' -%}
    {%- set missed = [] -%}
    {%- if execute and flags.WHICH in ('test', 'build') -%}
        {%- set both_ways = [] -%}
        {%- for relation in edges -%}
            {%- do both_ways.append('select node_a as from_node, node_b as to_node from ' ~ relation) -%}
            {%- do both_ways.append('select node_b as from_node, node_a as to_node from ' ~ relation) -%}
        {%- endfor -%}
        {%- for table in ('edges', 'reached', 'step_0') -%}
            {%- do run_query('drop table if exists ' ~ name ~ table) -%}
        {%- endfor -%}
        {%- do run_query('create table ' ~ name ~ 'edges as ' ~ both_ways | join(' union ')) -%}
        {%- do run_query('create table ' ~ name ~ 'step_0 as select min(node_id) as node_id from ' ~ components ~ ' group by component_id') -%}
        {%- do run_query('create table ' ~ name ~ 'reached as select node_id from ' ~ name ~ 'step_0') -%}
        {%- set walk = namespace(step=0, is_over=false) -%}
        {%- for step in range(1, 100000) if not walk.is_over -%}
            {%- set next = name ~ 'step_' ~ step -%}
            {%- do run_query('drop table if exists ' ~ next) -%}
            {%- do run_query(
                'create table ' ~ next ~ ' as select distinct edges.to_node as node_id from ' ~ name ~ 'step_' ~ walk.step
                ~ ' as step inner join ' ~ name ~ 'edges as edges on step.node_id = edges.from_node left anti join '
                ~ name ~ 'reached as reached on edges.to_node = reached.node_id'
            ) -%}
            {%- do run_query('insert into ' ~ name ~ 'reached select node_id from ' ~ next) -%}
            {%- do run_query('drop table ' ~ name ~ 'step_' ~ walk.step) -%}
            {%- set walk.step = step -%}
            {%- set walk.is_over = run_query('select 1 from ' ~ next ~ ' limit 1').rows | length == 0 -%}
        {%- endfor -%}
        {%- set found = run_query(
            'select cast(components.node_id as string) as node_id from ' ~ components ~ ' as components left anti join '
            ~ name ~ 'reached as reached on components.node_id = reached.node_id order by node_id limit 1000'
        ) -%}
        {%- for node in found.columns[0].values() -%}
            {%- do missed.append("'" ~ node | string | replace('\\', '\\\\') | replace("'", "\\'") ~ "'") -%}
        {%- endfor -%}
        {%- for table in ('edges', 'reached', 'step_' ~ walk.step) -%}
            {%- do run_query('drop table ' ~ name ~ table) -%}
        {%- endfor -%}
    {%- endif -%}
    (select explode(array({{ missed | join(', ') }})) as node_id)
{%- endmacro %}
