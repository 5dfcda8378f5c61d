{#
    weakest_cuts: the edges to leave out of a graph so that no component is larger than it may be and no
    two nodes that must stay apart are together.

        {{ config(materialized='weakest_cuts', max_size=50) }}
        select 'node' as kind, node_id as node_a, null as node_b, 1 as priority, 2 as people_count,
            'email|x' as node_key, true as is_counted
        union all select 'edge', node_a, node_b, null, null, null, null
        union all select 'apart', node_a, node_b, null, null, null, null

    gives one row per edge that is left out: node_a, node_b, cut_reason (too_many_identifiers or
    never_link), component_id (a bigint, of the component as it was before) and node_count of it.

    How it chooses, in each offending component (too many counted nodes, or a pair to be kept apart):
        1. Its nodes are ranked from strong to weak: priority, then few people before many, then node_key,
           then node_a.
        2. The strongest nodes keep the links among them, as many nodes as fit: in no piece are more than
           max_size counted nodes or a pair to be kept apart. The others are loose and lose their links.
        3. A loose node whose links to the strong nodes all lead into one piece takes them up again, where
           it is apart from no node of that piece and from no stronger candidate for it, and where it
           is not counted or the piece has room: candidates for one piece come in the order of their rank.
           So cutting a family apart does not scatter its vouchers. Two loose nodes keep the links
           between them only where the same piece takes both.
    How many nodes fit is found by halving, for all components at once: adding weaker nodes only ever joins
    pieces, so "fits" turns to "does not fit" once.

    Components within bounds are not touched, and the work is proportional to the offending ones.

    Trap: each node needs one row of kind node, each end of an edge such a row, and is_counted is true or
    false. An edge to a node without a rank could never be cut, so it is an error.
#}
{% materialization weakest_cuts, default %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set cuts = crossbrand.find_cuts(this.identifier, sql, config.require('max_size') | int) -%}
    {%- set written = crossbrand.write_components_table(post_hooks, cuts.query) -%}
    {%- for scratch_name in cuts.scratch_names -%}
        {%- do drop_scratch_table(scratch_name) -%}
    {%- endfor -%}
    {{ return(written) }}
{% endmaterialization %}


{#
    The steps of the materialization, in the order of its header.

    name: prefix of the scratch tables. Returns: a dictionary of `query` and `scratch_names`, as
    contract_to_components does.
#}
{% macro find_cuts(name, graph_query, max_size) %}
    {%- set scratch_names = [
        name ~ '__graph', name ~ '__components', name ~ '__offenders', name ~ '__ranked',
        name ~ '__inner', name ~ '__bounds', name ~ '__next_bounds', name ~ '__pieces',
        name ~ '__taken_up',
    ] -%}
    {%- set graph = scratch_table(name ~ '__graph') -%}
    {%- do create_scratch_table(name ~ '__graph', graph_query) -%}
    {%- do crossbrand.check_cut_graph(name, graph, max_size) -%}
    {%- do crossbrand.rank_offenders(name, graph, max_size) -%}
    {%- do crossbrand.halve_to_fit(name, graph, max_size) -%}
    {%- do crossbrand.take_up_loose_nodes(name, graph, max_size) -%}
    {%- set query -%}
        select
            edges.node_a,
            edges.node_b,
            case when offenders.is_large = 1 then 'too_many_identifiers' else 'never_link' end as cut_reason,
            edges.component_id,
            node_counts.node_count
        from {{ scratch_table(name ~ '__inner') }} as edges
        inner join {{ scratch_table(name ~ '__offenders') }} as offenders
            on edges.component_id = offenders.component_id
        inner join (
            select
                component_id,
                count(*) as node_count
            from {{ scratch_table(name ~ '__ranked') }}
            group by component_id
        ) as node_counts
            on edges.component_id = node_counts.component_id
        inner join {{ scratch_table(name ~ '__pieces') }} as pieces_a
            on edges.node_a = pieces_a.node_id
        inner join {{ scratch_table(name ~ '__pieces') }} as pieces_b
            on edges.node_b = pieces_b.node_id
        left join {{ scratch_table(name ~ '__taken_up') }} as taken_a
            on edges.node_a = taken_a.node_id
        left join {{ scratch_table(name ~ '__taken_up') }} as taken_b
            on edges.node_b = taken_b.node_id
        where coalesce(taken_a.piece_id, pieces_a.piece_id) <> coalesce(taken_b.piece_id, pieces_b.piece_id)
    {%- endset -%}
    {{ return({'query': query, 'scratch_names': scratch_names}) }}
{% endmacro %}


{# Raises a compiler error where the graph or the bound breaks what the materialization relies on. #}
{% macro check_cut_graph(name, graph, max_size) %}
    {%- if max_size < 1 -%}
        {{ exceptions.raise_compiler_error(
            name ~ ': max_size is ' ~ max_size ~ '. A node by itself must fit, so it is at least 1.') }}
    {%- endif -%}
    {%- set repeated_nodes -%}
        (
            select node_a from {{ graph }} where kind = 'node' group by node_a having count(*) > 1
        ) as repeated_nodes
    {%- endset -%}
    {%- set repeated_count = crossbrand.count_rows(repeated_nodes) -%}
    {%- if repeated_count > 0 -%}
        {{ exceptions.raise_compiler_error(
            name ~ ': ' ~ repeated_count ~ ' nodes have more than one row of kind node. Group them in the '
            ~ 'model: a node has one rank.') }}
    {%- endif -%}
    {%- set unknown_ends -%}
        (
            select ends.node_id
            from (
                select node_a as node_id from {{ graph }} where kind = 'edge'
                union all
                select node_b as node_id from {{ graph }} where kind = 'edge'
            ) as ends
            left join (select node_a from {{ graph }} where kind = 'node') as nodes
                on ends.node_id = nodes.node_a
            where nodes.node_a is null
        ) as unknown_ends
    {%- endset -%}
    {%- set unknown_count = crossbrand.count_rows(unknown_ends) -%}
    {%- if unknown_count > 0 -%}
        {{ exceptions.raise_compiler_error(
            name ~ ': ' ~ unknown_count ~ ' ends of edges have no row of kind node. Without a rank their '
            ~ 'links could never be cut.') }}
    {%- endif -%}
{% endmacro %}


{#
    Writes <name>__offenders (component_id, is_apart, is_large), <name>__ranked (their nodes, strongest
    first) and <name>__inner (their edges, with the rank of the weaker end).
#}
{% macro rank_offenders(name, graph, max_size) %}
    {%- set whole -%}
        select node_a, node_b from {{ graph }} where kind = 'edge'
        union all
        select node_a, node_a as node_b from {{ graph }} where kind = 'node'
    {%- endset -%}
    {%- do crossbrand.create_components_table(name ~ '__components', name ~ '_whole', whole) -%}
    {%- set components = scratch_table(name ~ '__components') -%}

    {%- set offenders -%}
        select
            component_id,
            max(is_apart) as is_apart,
            max(is_large) as is_large
        from (
            select
                components.component_id,
                0 as is_apart,
                1 as is_large
            from {{ graph }} as graph
            inner join {{ components }} as components
                on graph.node_a = components.node_id
            where graph.kind = 'node' and graph.is_counted
            group by components.component_id
            having count(*) > {{ max_size }}

            union all

            select
                components_a.component_id,
                1 as is_apart,
                0 as is_large
            from {{ graph }} as graph
            inner join {{ components }} as components_a
                on graph.node_a = components_a.node_id
            inner join {{ components }} as components_b
                on graph.node_b = components_b.node_id
            where
                graph.kind = 'apart'
                and graph.node_a <> graph.node_b
                and components_a.component_id = components_b.component_id
        ) as found
        group by component_id
    {%- endset -%}
    {%- do create_scratch_table(name ~ '__offenders', offenders) -%}

    {%- set ranked -%}
        select
            graph.node_a as node_id,
            components.component_id,
            graph.is_counted,
            offenders.is_large,
            row_number() over (
                partition by components.component_id
                order by
                    graph.priority nulls last,
                    graph.people_count nulls last,
                    graph.node_key nulls last,
                    graph.node_a
            ) as strength_rank
        from {{ graph }} as graph
        inner join {{ components }} as components
            on graph.node_a = components.node_id
        inner join {{ scratch_table(name ~ '__offenders') }} as offenders
            on components.component_id = offenders.component_id
        where graph.kind = 'node'
    {%- endset -%}
    {%- do create_scratch_table(name ~ '__ranked', ranked) -%}

    {%- set inner_edges -%}
        select distinct
            graph.node_a,
            graph.node_b,
            ranked_a.component_id,
            greatest(ranked_a.strength_rank, ranked_b.strength_rank) as weaker_rank
        from {{ graph }} as graph
        inner join {{ scratch_table(name ~ '__ranked') }} as ranked_a
            on graph.node_a = ranked_a.node_id
        inner join {{ scratch_table(name ~ '__ranked') }} as ranked_b
            on graph.node_b = ranked_b.node_id
        where graph.kind = 'edge'
    {%- endset -%}
    {%- do create_scratch_table(name ~ '__inner', inner_edges) -%}
{% endmacro %}


{#
    Finds how many of the strongest nodes of each offending component fit, and leaves <name>__bounds
    (kept_rank: so many fit; failed_rank: so many do not) and <name>__pieces at kept_rank.
#}
{% macro halve_to_fit(name, graph, max_size) %}
    {%- set bounds = scratch_table(name ~ '__bounds') -%}
    {%- set middle -%} cast(floor((kept_rank + failed_rank) / 2) as bigint) {%- endset -%}
    {%- set whole_components -%}
        select
            component_id,
            cast(0 as bigint) as kept_rank,
            cast(count(*) as bigint) as failed_rank
        from {{ scratch_table(name ~ '__ranked') }}
        group by component_id
    {%- endset -%}
    {%- do create_scratch_table(name ~ '__bounds', whole_components) -%}
    {%- set state = namespace(open_count=crossbrand.count_rows(bounds, 'failed_rank - kept_rank > 1')) -%}
    {%- for halving in range(1, 70) if state.open_count > 0 -%}
        {%- do crossbrand.cut_into_pieces(
            name, 'select component_id, ' ~ middle ~ ' as rank_limit from ' ~ bounds) -%}
        {%- set next_bounds -%}
            select
                halved.component_id,
                case when misfits.component_id is null then halved.middle_rank else halved.kept_rank end
                    as kept_rank,
                case when misfits.component_id is null then halved.failed_rank else halved.middle_rank end
                    as failed_rank
            from (
                select
                    component_id,
                    kept_rank,
                    failed_rank,
                    {{ middle }} as middle_rank
                from {{ bounds }}
            ) as halved
            left join ({{ crossbrand.misfits_query(name, graph, max_size) }}) as misfits
                on halved.component_id = misfits.component_id
        {%- endset -%}
        {%- do create_scratch_table(name ~ '__next_bounds', next_bounds) -%}
        {%- do create_scratch_table(
            name ~ '__bounds',
            'select component_id, kept_rank, failed_rank from ' ~ scratch_table(name ~ '__next_bounds')) -%}
        {%- set state.open_count = crossbrand.count_rows(bounds, 'failed_rank - kept_rank > 1') -%}
    {%- endfor -%}
    {%- if state.open_count > 0 -%}
        {{ exceptions.raise_compiler_error(
            name ~ ': ' ~ state.open_count ~ ' components could not be cut to size. Nothing was written.') }}
    {%- endif -%}
    {%- do crossbrand.cut_into_pieces(name, 'select component_id, kept_rank as rank_limit from ' ~ bounds) -%}
{% endmacro %}


{#
    Writes <name>__pieces: every node of the offending components with the piece it is in when only nodes
    up to rank_limit keep the links among them. limits_query: component_id, rank_limit.
#}
{% macro cut_into_pieces(name, limits_query) %}
    {%- set limits = scratch_table(name ~ '__limits') -%}
    {%- do create_scratch_table(name ~ '__limits', limits_query) -%}
    {%- set kept_edges -%}
        select
            edges.node_a,
            edges.node_b
        from {{ scratch_table(name ~ '__inner') }} as edges
        inner join {{ limits }} as limits
            on edges.component_id = limits.component_id
        where edges.weaker_rank <= limits.rank_limit

        union all

        select
            node_id as node_a,
            node_id as node_b
        from {{ scratch_table(name ~ '__ranked') }}
    {%- endset -%}
    {%- do crossbrand.create_components_table(name ~ '__labels', name ~ '_pieces', kept_edges) -%}
    {%- set pieces -%}
        select
            ranked.node_id,
            ranked.component_id,
            ranked.is_counted,
            ranked.is_large,
            ranked.strength_rank,
            labels.component_id as piece_id,
            ranked.strength_rank <= limits.rank_limit as is_kept
        from {{ scratch_table(name ~ '__ranked') }} as ranked
        inner join {{ scratch_table(name ~ '__labels') }} as labels
            on ranked.node_id = labels.node_id
        inner join {{ limits }} as limits
            on ranked.component_id = limits.component_id
    {%- endset -%}
    {%- do create_scratch_table(name ~ '__pieces', pieces) -%}
    {%- do drop_scratch_table(name ~ '__labels') -%}
    {%- do drop_scratch_table(name ~ '__limits') -%}
{% endmacro %}


{# Offending components whose pieces still do not fit. #}
{% macro misfits_query(name, graph, max_size) %}
    {%- set pieces = scratch_table(name ~ '__pieces') -%}
    {%- set query -%}
        select component_id
        from (
            select component_id
            from {{ pieces }}
            where is_counted
            group by component_id, piece_id
            having count(*) > {{ max_size }}

            union all

            select pieces_a.component_id
            from {{ graph }} as graph
            inner join {{ pieces }} as pieces_a
                on graph.node_a = pieces_a.node_id
            inner join {{ pieces }} as pieces_b
                on graph.node_b = pieces_b.node_id
            where
                graph.kind = 'apart'
                and graph.node_a <> graph.node_b
                and pieces_a.piece_id = pieces_b.piece_id
        ) as found
        group by component_id
    {%- endset -%}
    {{ return(query) }}
{% endmacro %}


{# Writes <name>__taken_up: the loose nodes that a piece takes back (node_id, piece_id). #}
{% macro take_up_loose_nodes(name, graph, max_size) %}
    {%- set pieces = scratch_table(name ~ '__pieces') -%}
    {%- set inner_edges = scratch_table(name ~ '__inner') -%}
    {%- set candidates = scratch_table(name ~ '__candidates') -%}
    {%- set one_way_in -%}
        select
            loose.node_id,
            loose.is_counted,
            loose.is_large,
            loose.strength_rank,
            min(kept.piece_id) as piece_id
        from {{ pieces }} as loose
        inner join (
            select
                node_a as node_id,
                node_b as other_id
            from {{ inner_edges }}

            union all

            select
                node_b as node_id,
                node_a as other_id
            from {{ inner_edges }}
        ) as neighbours
            on loose.node_id = neighbours.node_id
        inner join {{ pieces }} as kept
            on neighbours.other_id = kept.node_id
        where kept.is_kept and not loose.is_kept
        group by loose.node_id, loose.is_counted, loose.is_large, loose.strength_rank
        having min(kept.piece_id) = max(kept.piece_id)
    {%- endset -%}
    {%- do create_scratch_table(name ~ '__candidates', one_way_in) -%}

    {%- set taken_up -%}
        select
            fitting.node_id,
            fitting.piece_id
        from (
            select
                candidates.node_id,
                candidates.piece_id,
                candidates.is_counted,
                coalesce(piece_sizes.counted_count, 0) + sum(case when candidates.is_counted then 1 else 0 end)
                    over (
                        partition by candidates.piece_id
                        order by candidates.strength_rank
                        rows between unbounded preceding and current row
                    ) as counted_with_it
            from {{ candidates }} as candidates
            left join (
                select
                    piece_id,
                    sum(case when is_counted then 1 else 0 end) as counted_count
                from {{ pieces }}
                where is_kept
                group by piece_id
            ) as piece_sizes
                on candidates.piece_id = piece_sizes.piece_id
            left join (
                select distinct candidates.node_id
                from (
                    select node_a as node_id, node_b as other_id from {{ graph }} where kind = 'apart'
                    union all
                    select node_b as node_id, node_a as other_id from {{ graph }} where kind = 'apart'
                ) as apart
                inner join {{ candidates }} as candidates
                    on apart.node_id = candidates.node_id
                inner join {{ pieces }} as others
                    on apart.other_id = others.node_id
                left join {{ candidates }} as rivals
                    on apart.other_id = rivals.node_id
                where
                    (others.is_kept and others.piece_id = candidates.piece_id)
                    or (
                        rivals.piece_id = candidates.piece_id
                        and rivals.strength_rank < candidates.strength_rank
                    )
            ) as refused
                on candidates.node_id = refused.node_id
            where refused.node_id is null
        ) as fitting
        where not fitting.is_counted or fitting.counted_with_it <= {{ max_size }}
    {%- endset -%}
    {%- do create_scratch_table(name ~ '__taken_up', taken_up) -%}
    {%- do drop_scratch_table(name ~ '__candidates') -%}
{% endmacro %}


{# Writes the components of a graph into a scratch table; prefix: of the scratch tables of the rounds. #}
{% macro create_components_table(table_name, prefix, edge_query) %}
    {%- set components = crossbrand.contract_to_components(prefix, edge_query) -%}
    {%- do create_scratch_table(table_name, components.query) -%}
    {%- for scratch_name in components.scratch_names -%}
        {%- do drop_scratch_table(scratch_name) -%}
    {%- endfor -%}
{% endmacro %}
