{#
    weakest_cuts: the edges to leave out of a graph so that no component is larger than it may be and no
    two nodes that must stay apart are together.

        {{ config(materialized = 'weakest_cuts', max_size = 50) }}
        select 'node' as kind, node_id as node_a, null as node_b, 1 as priority, 2 as people_count,
            'email|x' as node_key, true as is_counted
        union all select 'edge', node_a, node_b, null, null, null, null
        union all select 'apart', node_a, node_b, null, null, null, null

    gives one row per edge that is left out: node_a, node_b, cut_reason (too_many_identifiers or
    never_link), component_id (of the component as it was before) and node_count of it.

    How it chooses. The nodes of an offending component are ranked from strong to weak: priority, then few
    people before many, then node_key. The strongest nodes are kept linked as long as every piece fits; the
    rest, the fewest weakest ones, lose their links. How many that is, is found by halving, for all
    offending components at once: adding weaker nodes only ever joins pieces, so "fits" turns to "does
    not fit" once. A node that lost its links takes them up again where they all lead into one piece and the
    piece has room for it, so cutting a family apart does not scatter its vouchers.

    Components within bounds are not touched, and the work is proportional to the offending ones.
#}
{% materialization weakest_cuts, default %}
    {%- set name = this.identifier -%}
    {%- set max_size = config.require('max_size') -%}
    {%- do create_scratch_table(name ~ '__graph', sql) -%}
    {%- set graph = scratch_table(name ~ '__graph') -%}
    {{ return(crossbrand.write_components_table(pre_hooks, post_hooks, crossbrand.weakest_cuts_query(name, graph, max_size))) }}
{% endmaterialization %}


{# Returns the SQL of the result; see the materialization. #}
{% macro weakest_cuts_query(name, graph, max_size) %}
    {%- set edges_query = "select node_a, node_b from " ~ graph ~ " where kind = 'edge'" -%}
    {%- do create_scratch_table(name ~ '__components', crossbrand.contract_to_components(name ~ '_whole',
        edges_query ~ " union all select node_a, node_a from " ~ graph ~ " where kind = 'node'")) -%}
    {%- set components = scratch_table(name ~ '__components') -%}
    {%- do create_scratch_table(name ~ '__offenders',
        "select component_id, max(is_apart) as is_apart, max(is_large) as is_large from ("
        ~ "select components.component_id, 0 as is_apart, 1 as is_large from " ~ graph ~ " as graph inner join "
        ~ components ~ " as components on graph.node_a = components.node_id where graph.kind = 'node' and graph.is_counted"
        ~ " group by components.component_id having count(*) > " ~ max_size
        ~ " union all select components_a.component_id, 1 as is_apart, 0 as is_large from " ~ graph
        ~ " as graph inner join " ~ components ~ " as components_a on graph.node_a = components_a.node_id inner join "
        ~ components ~ " as components_b on graph.node_b = components_b.node_id where graph.kind = 'apart'"
        ~ " and components_a.component_id = components_b.component_id) as found group by component_id") -%}
    {%- set offenders = scratch_table(name ~ '__offenders') -%}
    {%- do create_scratch_table(name ~ '__ranked',
        "select graph.node_a as node_id, components.component_id, graph.is_counted, row_number() over ("
        ~ "partition by components.component_id order by graph.priority, graph.people_count, graph.node_key) as strength_rank from "
        ~ graph ~ " as graph inner join " ~ components ~ " as components on graph.node_a = components.node_id inner join "
        ~ offenders ~ " as offenders on components.component_id = offenders.component_id where graph.kind = 'node'") -%}
    {%- set ranked = scratch_table(name ~ '__ranked') -%}
    {%- do create_scratch_table(name ~ '__inner',
        "select distinct graph.node_a, graph.node_b, ranked_a.component_id, greatest(ranked_a.strength_rank, ranked_b.strength_rank) as weaker_rank from "
        ~ graph ~ " as graph inner join " ~ ranked ~ " as ranked_a on graph.node_a = ranked_a.node_id inner join "
        ~ ranked ~ " as ranked_b on graph.node_b = ranked_b.node_id where graph.kind = 'edge'") -%}
    {%- set inner_edges = scratch_table(name ~ '__inner') -%}
    {#- kept_rank: this many of the strongest nodes fit; failed_rank: so many do not. -#}
    {%- do create_scratch_table(name ~ '__bounds',
        "select component_id, cast(0 as bigint) as kept_rank, cast(count(*) as bigint) as failed_rank from " ~ ranked
        ~ " group by component_id") -%}
    {%- set bounds = scratch_table(name ~ '__bounds') -%}
    {%- set state = namespace(open=crossbrand.single_value("select count(*) from " ~ bounds ~ " where failed_rank - kept_rank > 1") | int) -%}
    {%- for halving in range(1, 70) -%}
        {%- if state.open > 0 -%}
            {%- do crossbrand.pieces_at(name, ranked, inner_edges,
                "select component_id, cast(floor((kept_rank + failed_rank) / 2) as bigint) as rank_limit from " ~ bounds) -%}
            {%- do create_scratch_table(name ~ '__next_bounds',
                "select bounds.component_id, case when misfits.component_id is null then cast(floor((bounds.kept_rank + bounds.failed_rank) / 2) as bigint) else bounds.kept_rank end as kept_rank, "
                ~ "case when misfits.component_id is null then bounds.failed_rank else cast(floor((bounds.kept_rank + bounds.failed_rank) / 2) as bigint) end as failed_rank from "
                ~ bounds ~ " as bounds left join (" ~ crossbrand.misfits_query(name, graph, max_size) ~ ") as misfits on bounds.component_id = misfits.component_id") -%}
            {%- do create_scratch_table(name ~ '__bounds', "select * from " ~ scratch_table(name ~ '__next_bounds')) -%}
            {%- set state.open = crossbrand.single_value("select count(*) from " ~ bounds ~ " where failed_rank - kept_rank > 1") | int -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if state.open > 0 -%}
        {{ exceptions.raise_compiler_error(name ~ ': ' ~ state.open ~ ' components could not be cut to size. Nothing was written.') }}
    {%- endif -%}
    {%- do crossbrand.pieces_at(name, ranked, inner_edges, "select component_id, kept_rank as rank_limit from " ~ bounds) -%}
    {%- set pieces = scratch_table(name ~ '__pieces') -%}
    {%- do create_scratch_table(name ~ '__taken_up',
        "select loose.node_id, min(pieces.piece_id) as piece_id from (select ranked.node_id, ranked.is_counted, offenders.is_large from "
        ~ ranked ~ " as ranked inner join " ~ bounds ~ " as bounds on ranked.component_id = bounds.component_id inner join "
        ~ offenders ~ " as offenders on ranked.component_id = offenders.component_id where ranked.strength_rank > bounds.kept_rank) as loose inner join ("
        ~ "select node_a as node_id, node_b as other_id from " ~ inner_edges ~ " union all select node_b, node_a from " ~ inner_edges
        ~ ") as neighbours on loose.node_id = neighbours.node_id inner join " ~ pieces ~ " as pieces on neighbours.other_id = pieces.node_id and pieces.is_kept"
        ~ " where not loose.is_counted or loose.is_large = 0 group by loose.node_id having count(distinct pieces.piece_id) = 1") -%}
    {%- set taken_up = scratch_table(name ~ '__taken_up') -%}
    {{ return(
        "select edges.node_a, edges.node_b, case when offenders.is_large = 1 then 'too_many_identifiers' else 'never_link' end as cut_reason, "
        ~ "edges.component_id, node_counts.node_count from " ~ inner_edges ~ " as edges inner join " ~ offenders
        ~ " as offenders on edges.component_id = offenders.component_id inner join (select component_id, count(*) as node_count from " ~ ranked
        ~ " group by component_id) as node_counts on edges.component_id = node_counts.component_id inner join " ~ pieces
        ~ " as pieces_a on edges.node_a = pieces_a.node_id inner join " ~ pieces ~ " as pieces_b on edges.node_b = pieces_b.node_id left join "
        ~ taken_up ~ " as taken_a on edges.node_a = taken_a.node_id left join " ~ taken_up ~ " as taken_b on edges.node_b = taken_b.node_id"
        ~ " where coalesce(taken_a.piece_id, pieces_a.piece_id) <> coalesce(taken_b.piece_id, pieces_b.piece_id)") }}
{% endmacro %}


{# Writes <name>__pieces: every node of the offending components with its piece when only nodes up to rank_limit keep their links. #}
{% macro pieces_at(name, ranked, inner_edges, limits_query) %}
    {%- do create_scratch_table(name ~ '__limits', limits_query) -%}
    {%- set limits = scratch_table(name ~ '__limits') -%}
    {%- do create_scratch_table(name ~ '__labels', crossbrand.contract_to_components(name ~ '_pieces',
        "select edges.node_a, edges.node_b from " ~ inner_edges ~ " as edges inner join " ~ limits
        ~ " as limits on edges.component_id = limits.component_id where edges.weaker_rank <= limits.rank_limit"
        ~ " union all select node_id, node_id from " ~ ranked)) -%}
    {%- do create_scratch_table(name ~ '__pieces',
        "select ranked.node_id, ranked.component_id, ranked.is_counted, labels.component_id as piece_id, ranked.strength_rank <= limits.rank_limit as is_kept from "
        ~ ranked ~ " as ranked inner join " ~ scratch_table(name ~ '__labels') ~ " as labels on ranked.node_id = labels.node_id inner join "
        ~ limits ~ " as limits on ranked.component_id = limits.component_id") -%}
{% endmacro %}


{# Offending components whose pieces still do not fit. #}
{% macro misfits_query(name, graph, max_size) %}
    {%- set pieces = scratch_table(name ~ '__pieces') -%}
    {{ return(
        "select component_id from (select component_id from " ~ pieces ~ " where is_counted group by component_id, piece_id having count(*) > " ~ max_size
        ~ " union all select pieces_a.component_id from " ~ graph ~ " as graph inner join " ~ pieces
        ~ " as pieces_a on graph.node_a = pieces_a.node_id inner join " ~ pieces ~ " as pieces_b on graph.node_b = pieces_b.node_id where graph.kind = 'apart'"
        ~ " and pieces_a.piece_id = pieces_b.piece_id) as found group by component_id") }}
{% endmacro %}
