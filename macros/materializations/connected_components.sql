{#
    connected_components: turns a model that selects edges into the table of their components.

        {{ config(materialized = 'connected_components') }}
        select email_id as node_a, contact_id as node_b from ...

    gives one row per node: node_id, component_id. Both have the type of the ends; component_id is
    one of the component's own node ids (the least number), so it does not depend on the order of the
    rows. An edge from a node to itself gives a component of one. An edge with a null end is an error.

    The ends are integers (used as they are) or anything that casts to text (numbered by a 64-bit hash;
    a collision is found and fails the model).

    How it works, and why it ends. Edges point from their higher end down to the lower. A round
        1. maps each higher end to its least lower neighbour,
        2. follows that map once more (pointer jump), or to the end of it after a slow round,
        3. rewrites both ends of every edge by the map, and drops loops and repeats.
    Every edge has a higher end and each higher end moves strictly down, so a round never leaves the
    graph as it was, and a round that follows its map to the end at least halves the number of nodes that
    still have an edge: rounds grow with the logarithm of the largest component. No number of rounds is
    fixed beforehand: it stops when no edge is left, which is the proof that nothing remains to join.
    At the end the maps of the rounds are composed, last to first.

    Traps: the loops below have an upper bound because Jinja has no while; it is far beyond 2^64 nodes,
    and reaching it raises an error instead of returning what there is.
#}
{% materialization connected_components, default %}
    {{ return(crossbrand.write_components_table(
        pre_hooks, post_hooks, crossbrand.contract_to_components(this.identifier, sql))) }}
{% endmaterialization %}
