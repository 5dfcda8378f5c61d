-- Ages that counted from another moment than the marts speak of would let rows go a day too early,
-- or keep them in a build that says they are gone.
select retention_cuts.feed
from {{ ref('stg_privacy__retention_cuts') }} as retention_cuts
cross join {{ ref('int_operations__as_of') }} as as_of
where retention_cuts.as_of_at <> as_of.as_of_at
