{#
    The relation of the nodes (node_id) that no chain of edges leads to from the least node of their component.

    edges: list of relations with node_a and node_b; components: a relation with node_id and component_id.

    It knows nothing of how components were found, so that it can prove them.

    Traps. The steps of the walk stay as they are: with one union of all edges both ways in the place of two, DuckDB 1.5
    on several threads missed some nodes in some runs. Spark knows no recursive union that leaves out what it has. There each node points at the least node
    that it is known to be connected with: at first at a neighbour, in each round at what a neighbour points at, at
    what those who point at it have found, and at where its own pointer leads, which makes long chains short. Each
    round is a table, written when the query is compiled to be run; what does not point at the least node in
    the end stands in the query itself, a thousand nodes at most.
#}
{% macro unreached_nodes(edges, components) -%}
    {{ return(adapter.dispatch('unreached_nodes', 'crossbrand')(edges, components)) }}
{%- endmacro %}

{% macro default__unreached_nodes(edges, components) -%}
    (
        with recursive

        all_edges as (
            {%- for relation in edges %}
            select node_a, node_b from {{ relation }}
            {{ 'union' if not loop.last }}
            {%- endfor %}
        ),

        both_ways as (
            select node_a as from_node, node_b as to_node from all_edges
            union
            select node_b as from_node, node_a as to_node from all_edges
        ),

        roots as (
            select min(node_id) as node_id
            from {{ components }}
            group by component_id
        ),

        reached as (
            select node_id from roots
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
    {%- set name = components.schema ~ '.' ~ components.identifier ~ '__pointers_' -%}
    {%- set missed = [] -%}
    {%- if execute and flags.WHICH in ('test', 'build') -%}
        {%- set both_ways = ['select node_id as from_node, node_id as to_node from ' ~ components] -%}
        {%- for relation in edges -%}
            {%- do both_ways.append('select node_a as from_node, node_b as to_node from ' ~ relation) -%}
            {%- do both_ways.append('select node_b as from_node, node_a as to_node from ' ~ relation) -%}
        {%- endfor -%}
        {%- do run_query('drop table if exists ' ~ name ~ 'edges') -%}
        {%- do run_query('drop table if exists ' ~ name ~ '0') -%}
        {%- do run_query('create table ' ~ name ~ 'edges as ' ~ both_ways | join(' union ')) -%}
        {%- do run_query(
            'create table ' ~ name ~ '0 as select from_node as node_id, min(to_node) as least_id from ' ~ name
            ~ 'edges group by from_node'
        ) -%}
        {%- set last = namespace(round=0, is_over=false) -%}
        {%- for round in range(1, 1000) if not last.is_over -%}
            {%- set pointers = name ~ last.round -%}
            {%- do run_query('drop table if exists ' ~ name ~ round) -%}
            {%- set further -%}
                create table {{ name ~ round }} as
                with

                stepped as (
                    select
                        edges.from_node as node_id,
                        min(pointers.least_id) as least_id
                    from {{ name }}edges as edges
                    inner join {{ pointers }} as pointers
                        on edges.to_node = pointers.node_id
                    group by edges.from_node
                ),

                hooked as (
                    select node_id, min(least_id) as least_id
                    from (
                        select node_id, least_id from stepped
                        union all
                        select pointers.least_id as node_id, stepped.least_id
                        from stepped
                        inner join {{ pointers }} as pointers
                            on stepped.node_id = pointers.node_id
                    ) as offered
                    group by node_id
                )

                select
                    hooked.node_id,
                    least(hooked.least_id, led.least_id) as least_id,
                    least(hooked.least_id, led.least_id) <> held.least_id as has_moved
                from hooked
                inner join hooked as led
                    on hooked.least_id = led.node_id
                inner join {{ pointers }} as held
                    on hooked.node_id = held.node_id
            {%- endset -%}
            {%- do run_query(further) -%}
            {%- do run_query('drop table ' ~ pointers) -%}
            {%- set last.round = round -%}
            {%- set last.is_over = run_query('select 1 from ' ~ name ~ round ~ ' where has_moved limit 1').rows | length == 0 -%}
        {%- endfor -%}
        {%- set found = run_query(
            'select cast(members.node_id as string) as node_id from (select node_id, min(node_id) over (partition by'
            ~ ' component_id) as root_id from ' ~ components ~ ') as members left join ' ~ name ~ last.round
            ~ ' as pointers on members.node_id = pointers.node_id where pointers.least_id is null or pointers.least_id'
            ~ ' <> members.root_id order by node_id limit 1000'
        ) -%}
        {%- for node in found.columns[0].values() -%}
            {%- do missed.append("'" ~ node | string | replace('\\', '\\\\') | replace("'", "\\'") ~ "'") -%}
        {%- endfor -%}
        {%- do run_query('drop table ' ~ name ~ 'edges') -%}
        {%- do run_query('drop table ' ~ name ~ last.round) -%}
    {%- endif -%}
    (select explode(cast(array({{ missed | join(', ') }}) as array<string>)) as node_id)
{%- endmacro %}
