-- A component whose nodes cannot reach each other is two people made one: nothing may be in a
-- component that no chain of edges leads to. Walks from each component's least node; whatever it
-- misses is returned.
select unreached_nodes.node_id
from
    {{ unreached_nodes(
        [ref('int_identity__edges'), ref('int_identity__cross_controller_edges')],
        ref('int_identity__components')
    ) }} as unreached_nodes
