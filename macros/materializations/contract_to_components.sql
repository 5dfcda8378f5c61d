{#
    Runs the rounds of the connected_components materialization and returns the query that reads the
    result from scratch tables.

    name: prefix of the scratch tables; edge_query: selects node_a, node_b.
    Returns: SQL text that selects node_id, component_id.
    Raises: a compiler error on a null end, on a collision of node numbers, on a round that does not
    shrink the graph.
#}
{% macro contract_to_components(name, edge_query) %}
    {%- set raw = scratch_table(name ~ '__raw') -%}
    {%- set edges = scratch_table(name ~ '__edges') -%}
    {%- do create_scratch_table(name ~ '__raw', 'select node_a, node_b from (' ~ edge_query ~ ') as given') -%}

    {%- set nulls = crossbrand.single_value(
        'select count(*) from ' ~ raw ~ ' where node_a is null or node_b is null') -%}
    {%- if nulls | int > 0 -%}
        {{ exceptions.raise_compiler_error(
            name ~ ': ' ~ nulls ~ ' edges have a null end. An edge needs both: filter them in the model, '
            ~ 'or write a lone node as an edge to itself.') }}
    {%- endif -%}

    {#- Numbers are used as they are, everything else is hashed. -#}
    {%- set number_type = crossbrand.single_value(
        'select coalesce(max(case when ' ~ crossbrand.is_integer_type('node_a') ~ ' and '
        ~ crossbrand.is_integer_type('node_b') ~ " then 'integer' else 'text' end), 'integer') from (select * from "
        ~ raw ~ ' limit 1) as one_row') -%}
    {%- set is_integer = number_type == 'integer' -%}
    {%- set code_a = 'cast(node_a as bigint)' if is_integer else hash_bigint('cast(node_a as ' ~ type_string() ~ ')') -%}
    {%- set code_b = 'cast(node_b as bigint)' if is_integer else hash_bigint('cast(node_b as ' ~ type_string() ~ ')') -%}

    {%- do create_scratch_table(name ~ '__coded',
        'select ' ~ code_a ~ ' as a, ' ~ code_b ~ ' as b from ' ~ raw) -%}
    {%- set coded = scratch_table(name ~ '__coded') -%}
    {%- do create_scratch_table(name ~ '__nodes',
        'select a as node from ' ~ coded ~ ' union select b from ' ~ coded) -%}
    {%- set nodes = scratch_table(name ~ '__nodes') -%}
    {%- if not is_integer -%}
        {%- do create_scratch_table(name ~ '__names',
            'select node, min(node_name) as node_name, count(*) as name_count from ('
            ~ 'select ' ~ code_a ~ ' as node, cast(node_a as ' ~ type_string() ~ ') as node_name from ' ~ raw
            ~ ' union select ' ~ code_b ~ ', cast(node_b as ' ~ type_string() ~ ') from ' ~ raw
            ~ ') as named group by node') -%}
        {%- set collisions = crossbrand.single_value(
            'select count(*) from ' ~ scratch_table(name ~ '__names') ~ ' where name_count > 1') -%}
        {%- if collisions | int > 0 -%}
            {{ exceptions.raise_compiler_error(
                name ~ ': ' ~ collisions ~ ' node numbers stand for two different nodes (hash collision). '
                ~ 'Nothing was written. Give the model integer nodes from a dictionary of your own.') }}
        {%- endif -%}
    {%- endif -%}

    {%- do create_scratch_table(name ~ '__edges',
        'select distinct least(a, b) as low, greatest(a, b) as high from ' ~ coded ~ ' where a <> b') -%}

    {%- do drop_scratch_table(name ~ '__raw') -%}
    {%- do drop_scratch_table(name ~ '__coded') -%}

    {%- set state = namespace(remaining=crossbrand.single_value('select count(*) from ' ~ edges) | int, rounds=0,
                              follow_to_end=false) -%}
    {%- set few_edges = 20000 -%}
    {%- for round in range(1, 200) -%}
        {%- if state.remaining > 0 -%}
            {%- set state.rounds = round -%}
            {%- set map_name = name ~ '__map_' ~ round -%}
            {%- do create_scratch_table(map_name,
                'select high as node, min(low) as label from ' ~ edges ~ ' group by high') -%}
            {%- do crossbrand.follow_map(name, map_name, state.follow_to_end or state.remaining <= few_edges) -%}
            {%- set map = scratch_table(map_name) -%}
            {%- do create_scratch_table(name ~ '__next',
                'select distinct least(low_label, high_label) as low, greatest(low_label, high_label) as high from ('
                ~ 'select coalesce(low_map.label, edge.low) as low_label, high_map.label as high_label from '
                ~ edges ~ ' as edge inner join ' ~ map ~ ' as high_map on edge.high = high_map.node left join '
                ~ map ~ ' as low_map on edge.low = low_map.node) as relabelled where low_label <> high_label') -%}
            {%- do create_scratch_table(name ~ '__edges', 'select low, high from ' ~ scratch_table(name ~ '__next')) -%}
            {%- set left_over = crossbrand.single_value('select count(*) from ' ~ edges) | int -%}
            {%- if left_over >= state.remaining and state.follow_to_end -%}
                {{ exceptions.raise_compiler_error(
                    name ~ ': round ' ~ round ~ ' left ' ~ left_over ~ ' edges of ' ~ state.remaining
                    ~ '. The graph must shrink in every full round: this is a defect, nothing was written.') }}
            {%- endif -%}
            {#- A round that removes less than two fifths of the edges walks along chains: jump to the end of them. -#}
            {%- set state.follow_to_end = left_over * 5 > state.remaining * 3 -%}
            {%- set state.remaining = left_over -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if state.remaining > 0 -%}
        {{ exceptions.raise_compiler_error(
            name ~ ': ' ~ state.remaining ~ ' edges still join two components after ' ~ state.rounds
            ~ ' rounds. Nothing was written.') }}
    {%- endif -%}
    {{ log(name ~ ': fixed point after ' ~ state.rounds ~ ' rounds', info=false) }}

    {#- Compose the maps, last round first: a label of round n is a node of round n + 1. -#}
    {%- set composed = namespace(table=none, name=none) -%}
    {%- for step in range(state.rounds) -%}
        {%- set map = scratch_table(name ~ '__map_' ~ (state.rounds - step)) -%}
        {%- if composed.table is none -%}
            {%- set composed.table = map -%}
            {%- set composed.name = name ~ '__map_' ~ state.rounds -%}
        {%- else -%}
            {%- set next_name = name ~ '__composed_' ~ (state.rounds - step) -%}
            {%- do create_scratch_table(next_name,
                'select map.node, coalesce(later.label, map.label) as label from ' ~ map ~ ' as map left join '
                ~ composed.table ~ ' as later on map.label = later.node union all select later.node, later.label from '
                ~ composed.table ~ ' as later left join ' ~ map ~ ' as map on later.node = map.node where map.node is null') -%}
            {%- do drop_scratch_table(name ~ '__map_' ~ (state.rounds - step)) -%}
            {%- do drop_scratch_table(composed.name) -%}
            {%- set composed.table = scratch_table(next_name) -%}
            {%- set composed.name = next_name -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do drop_scratch_table(name ~ '__edges') -%}
    {%- do drop_scratch_table(name ~ '__next') -%}
    {%- do drop_scratch_table(name ~ '__jumped') -%}

    {%- if composed.table is none -%}
        {%- set labelled = 'select node, node as label from ' ~ nodes -%}
    {%- else -%}
        {%- set labelled = 'select nodes.node, coalesce(composed.label, nodes.node) as label from ' ~ nodes
            ~ ' as nodes left join ' ~ composed.table ~ ' as composed on nodes.node = composed.node' -%}
    {%- endif -%}
    {%- if is_integer -%}
        {{ return('select node as node_id, label as component_id from (' ~ labelled ~ ') as labelled') }}
    {%- else -%}
        {%- set names = scratch_table(name ~ '__names') -%}
        {{ return('select node_names.node_name as node_id, label_names.node_name as component_id from ('
            ~ labelled ~ ') as labelled inner join ' ~ names ~ ' as node_names on labelled.node = node_names.node inner join '
            ~ names ~ ' as label_names on labelled.label = label_names.node') }}
    {%- endif -%}
{% endmacro %}


{#
    Follows a map node → label once, or until no label has a label of its own.

    Each pass doubles the length of the path that is cut short, so a chain of n takes log2(n) passes.
#}
{% macro follow_map(name, map_name, to_end) %}
    {%- set map = scratch_table(map_name) -%}
    {%- set state = namespace(open=true) -%}
    {%- for pass in range(1, 100) -%}
        {%- if state.open -%}
            {%- do create_scratch_table(name ~ '__jumped',
                'select map.node, coalesce(further.label, map.label) as label, '
                ~ 'case when further.label is null then 0 else 1 end as has_moved from '
                ~ map ~ ' as map left join ' ~ map ~ ' as further on map.label = further.node') -%}
            {%- set moved = crossbrand.single_value(
                'select coalesce(sum(has_moved), 0) from ' ~ scratch_table(name ~ '__jumped')) | int -%}
            {%- do create_scratch_table(map_name, 'select node, label from ' ~ scratch_table(name ~ '__jumped')) -%}
            {%- set state.open = to_end and moved > 0 -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if state.open -%}
        {{ exceptions.raise_compiler_error(map_name ~ ': the map did not come to an end. Nothing was written.') }}
    {%- endif -%}
{% endmacro %}


{# The only value of a query that returns one row with one column. #}
{% macro single_value(query) %}
    {{ return(run_query(query).columns[0].values()[0]) }}
{% endmacro %}
