-- Why are these two identifiers one person? Each step names the record on which both of its ends
-- stand:
--   dbt show --limit -1 --output json --select why_one_customer \
--       --vars '{from_identifier: a@b.cz, to_identifier: "+420601000000"}'
-- No row means that they are not one customer.
{{ identity_path(var('from_identifier', ''), var('to_identifier', '')) }}
