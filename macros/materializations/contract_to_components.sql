{#
    The rounds of the connected_components materialization.

    name: prefix of the scratch tables; edge_query: selects node_a, node_b. It is read once.
    Returns: a dictionary of `query`, SQL text that selects node_id, component_id from scratch tables,
    and `scratch_names`, the tables to drop once that query has been read.
    Raises: a compiler error on a null end, on a collision of node numbers, on a round that does not
    shrink the graph.

    Edges point from their lower end up to the higher. A round
        1. maps each higher end to its least lower neighbour,
        2. follows that map once more (a pointer jump), or to the end of it after a slow round,
        3. rewrites both ends of every edge by the map, and drops loops and repeats.
    In each component the edge at the least node becomes a loop, so every round leaves fewer edges, and no
    number of rounds is fixed beforehand: it stops when no edge is left, which is the proof that nothing
    remains to join. Rounds grow with the logarithm of the graph; docs/connected-components.md shows why.
    At the end the maps of the rounds are composed, last to first.

    Trap: the loops have an upper bound because Jinja has no while. It is far beyond what 2^64 nodes take,
    and reaching it raises an error instead of returning what there is.
#}
{% macro contract_to_components(name, edge_query) %}
    {#- Below this many edges a full jump is cheaper than another round of statements. -#}
    {%- set few_edges = 20000 -%}
    {%- set is_integer = crossbrand.number_nodes(name, edge_query) -%}

    {%- set edges = namespace(name=name ~ '__edges_0', count=0, rounds=0, follow_to_end=false) -%}
    {%- set edges.count = crossbrand.count_rows(scratch_table(edges.name)) -%}
    {%- set map_names = [] -%}
    {%- for round in range(1, 400) if edges.count > 0 -%}
        {%- set map_name = crossbrand.map_to_lower(
            name, round, scratch_table(edges.name), edges.follow_to_end or edges.count <= few_edges) -%}
        {%- do map_names.append(map_name) -%}
        {%- set relabelled -%}
            select distinct
                least(low_label, high_label) as low,
                greatest(low_label, high_label) as high
            from (
                select
                    coalesce(low_map.label, edges.low) as low_label,
                    high_map.label as high_label
                from {{ scratch_table(edges.name) }} as edges
                inner join {{ scratch_table(map_name) }} as high_map
                    on edges.high = high_map.node
                left join {{ scratch_table(map_name) }} as low_map
                    on edges.low = low_map.node
            ) as mapped
            where low_label <> high_label
        {%- endset -%}
        {%- set next_name = name ~ '__edges_' ~ round -%}
        {%- do create_scratch_table(next_name, relabelled) -%}
        {%- set left_over = crossbrand.count_rows(scratch_table(next_name)) -%}
        {%- if left_over >= edges.count -%}
            {{ exceptions.raise_compiler_error(
                name ~ ': round ' ~ round ~ ' left ' ~ left_over ~ ' edges of ' ~ edges.count
                ~ '. Every round must shrink the graph: this is a defect, nothing was written.') }}
        {%- endif -%}
        {%- do drop_scratch_table(edges.name) -%}
        {#- A round that removes less than two fifths of the edges walks along chains: jump to their end. -#}
        {%- set edges.follow_to_end = left_over * 5 > edges.count * 3 -%}
        {%- set edges.name = next_name -%}
        {%- set edges.count = left_over -%}
        {%- set edges.rounds = round -%}
    {%- endfor -%}
    {%- if edges.count > 0 -%}
        {{ exceptions.raise_compiler_error(
            name ~ ': ' ~ edges.count ~ ' edges still join two components after ' ~ edges.rounds
            ~ ' rounds. Nothing was written.') }}
    {%- endif -%}
    {{ log(name ~ ': fixed point after ' ~ edges.rounds ~ ' rounds', info=false) }}
    {%- do drop_scratch_table(edges.name) -%}

    {{ return(crossbrand.labelled_nodes(name, is_integer, crossbrand.compose_maps(name, map_names))) }}
{% endmacro %}


{#
    Reads the edges and writes <name>__edges_0 (low, high: the edges without loops and repeats, as numbers)
    and <name>__nodes (node, and node_name where the nodes are not whole numbers).

    Returns: true where the ends are whole numbers, which are used as they are. Everything else is cast to
    text and numbered by a hash, which needs no dictionary and no join; that it gave no number twice is
    checked over all names.
#}
{% macro number_nodes(name, edge_query) %}
    {%- set given_name = name ~ '__given' -%}
    {%- set given = scratch_table(given_name) -%}
    {%- set nodes = scratch_table(name ~ '__nodes') -%}

    {#- An aggregate over nothing gives a row, and with it the types, without running the model's query. -#}
    {%- set types -%}
        select case when {{ is_integer_type('node_a') }} and {{ is_integer_type('node_b') }} then 1 else 0 end
        from (
            select min(node_a) as node_a, min(node_b) as node_b
            from ({{ edge_query }}
            ) as model_query
            where false
        ) as no_edge
    {%- endset -%}
    {%- set is_integer = crossbrand.single_value(types) == 1 -%}

    {%- if is_integer -%}
        {%- set numbered -%}
            select
                cast(node_a as bigint) as number_a,
                cast(node_b as bigint) as number_b
            from ({{ edge_query }}
            ) as model_query
        {%- endset -%}
        {%- set distinct_nodes -%}
            select number_a as node from {{ given }}
            union
            select number_b as node from {{ given }}
        {%- endset -%}
    {%- else -%}
        {%- set numbered -%}
            select
                name_a,
                name_b,
                {{ hash_bigint('name_a') }} as number_a,
                {{ hash_bigint('name_b') }} as number_b
            from (
                select
                    cast(node_a as {{ type_string() }}) as name_a,
                    cast(node_b as {{ type_string() }}) as name_b
                from ({{ edge_query }}
                ) as model_query
            ) as named
        {%- endset -%}
        {#- Grouping by the number is much cheaper than by the name. What it would hide, a second name under
            one number, shows in another hash of the names. -#}
        {%- set distinct_nodes -%}
            select
                node,
                {{ any_value('name') }} as node_name,
                min(name_check) <> max(name_check) as is_shared
            from (
                select number_a as node, name_a as name, {{ hash_check('name_a') }} as name_check from {{ given }}
                union all
                select number_b as node, name_b as name, {{ hash_check('name_b') }} as name_check from {{ given }}
            ) as ends
            group by node
        {%- endset -%}
    {%- endif -%}
    {%- do create_scratch_table(given_name, numbered) -%}

    {%- set end = 'number' if is_integer else 'name' -%}
    {%- set null_count = crossbrand.count_rows(given, end ~ '_a is null or ' ~ end ~ '_b is null') -%}
    {%- if null_count > 0 -%}
        {{ exceptions.raise_compiler_error(
            name ~ ': ' ~ null_count ~ ' edges have a null end. An edge needs both: filter them in the '
            ~ 'model, or write a lone node as an edge to itself.') }}
    {%- endif -%}

    {%- set oriented -%}
        select distinct
            least(number_a, number_b) as low,
            greatest(number_a, number_b) as high
        from {{ given }}
        where number_a <> number_b
    {%- endset -%}
    {%- do create_scratch_table(name ~ '__edges_0', oriented) -%}
    {%- do create_scratch_table(name ~ '__nodes', distinct_nodes) -%}
    {%- do drop_scratch_table(given_name) -%}

    {%- if not is_integer -%}
        {%- set collision_count = crossbrand.count_rows(nodes, 'is_shared') -%}
        {%- if collision_count > 0 -%}
            {{ exceptions.raise_compiler_error(
                name ~ ': ' ~ collision_count ~ ' node numbers stand for two different nodes (hash '
                ~ 'collision). Nothing was written. Give the model integer nodes from a dictionary of '
                ~ 'your own.') }}
        {%- endif -%}
    {%- endif -%}
    {{ return(is_integer) }}
{% endmacro %}


{#
    Writes the map of one round: each higher end (node) and its least lower neighbour, followed once or
    until no label has a label of its own (label).

    Each pass to the end doubles the length of the path that is cut short, so a chain of n takes log2(n)
    passes. Returns: the name of the scratch table.
#}
{% macro map_to_lower(name, round, edges, to_end) %}
    {%- set state = namespace(map_name=name ~ '__map_' ~ round ~ '_0', is_open=true) -%}
    {%- do create_scratch_table(
        state.map_name, 'select high as node, min(low) as label from ' ~ edges ~ ' group by high') -%}
    {%- for pass in range(1, 100) if state.is_open -%}
        {%- set map = scratch_table(state.map_name) -%}
        {%- set followed -%}
            select
                map.node,
                coalesce(further.label, map.label) as label,
                case when further.label is null then 0 else 1 end as has_moved
            from {{ map }} as map
            left join {{ map }} as further
                on map.label = further.node
        {%- endset -%}
        {%- set next_name = name ~ '__map_' ~ round ~ '_' ~ pass -%}
        {%- do create_scratch_table(next_name, followed) -%}
        {%- do drop_scratch_table(state.map_name) -%}
        {%- set state.map_name = next_name -%}
        {%- set state.is_open = to_end and crossbrand.count_rows(scratch_table(next_name), 'has_moved = 1') > 0 -%}
    {%- endfor -%}
    {%- if state.is_open -%}
        {{ exceptions.raise_compiler_error(
            name ~ ': the map of round ' ~ round ~ ' did not come to an end. Nothing was written.') }}
    {%- endif -%}
    {{ return(state.map_name) }}
{% endmacro %}


{#
    Composes the maps of all rounds, last round first: a label of round n is a node of round n + 1.

    A node that kept its place for a round, because a single jump led to it, stands in both maps; the
    earlier one says where it goes. Returns: the name of the scratch table (node, label), or none where
    there was no round.
#}
{% macro compose_maps(name, map_names) %}
    {%- set composed = namespace(name=none) -%}
    {%- for map_name in map_names | reverse -%}
        {%- if composed.name is none -%}
            {%- set composed.name = map_name -%}
        {%- else -%}
            {%- set map = scratch_table(map_name) -%}
            {%- set later = scratch_table(composed.name) -%}
            {%- set both -%}
                select
                    map.node,
                    coalesce(later.label, map.label) as label
                from {{ map }} as map
                left join {{ later }} as later
                    on map.label = later.node

                union all

                select
                    later.node,
                    later.label
                from {{ later }} as later
                left join {{ map }} as map
                    on later.node = map.node
                where map.node is null
            {%- endset -%}
            {%- set next_name = name ~ '__composed_' ~ loop.index -%}
            {%- do create_scratch_table(next_name, both) -%}
            {%- do drop_scratch_table(map_name) -%}
            {%- do drop_scratch_table(composed.name) -%}
            {%- set composed.name = next_name -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(composed.name) }}
{% endmacro %}


{# The result of contract_to_components, from <name>__nodes and the composed map, none without edges. #}
{% macro labelled_nodes(name, is_integer, map_name) %}
    {%- set node_id = 'nodes.node' if is_integer else 'nodes.node_name' -%}
    {%- set query -%}
        select
            {{ node_id }} as node_id,
            {{ 'nodes.node' if map_name is none else 'coalesce(map.label, nodes.node)' }} as component_id
        from {{ scratch_table(name ~ '__nodes') }} as nodes
        {%- if map_name is not none %}
        left join {{ scratch_table(map_name) }} as map
            on nodes.node = map.node
        {%- endif %}
    {%- endset -%}
    {{ return({'query': query, 'scratch_names': [name ~ '__nodes', map_name or name ~ '__nodes']}) }}
{% endmacro %}


{# How many rows a relation has, all of them or those that meet a condition. #}
{% macro count_rows(relation, condition='true') %}
    {{ return(crossbrand.single_value('select count(*) from ' ~ relation ~ ' where ' ~ condition) | int) }}
{% endmacro %}


{# The only value of a query that returns one row with one column. #}
{% macro single_value(query) %}
    {{ return(run_query(query).columns[0].values()[0]) }}
{% endmacro %}
