-- A placeholder, a shop's phone or a steward's denied identifier in the graph fuses strangers.
select nodes.node_id
from {{ ref('int_identity__nodes') }} as nodes
inner join {{ ref('int_identity__identifiers') }} as identifiers
    on nodes.identifier_id = identifiers.identifier_id
where not identifiers.is_usable
