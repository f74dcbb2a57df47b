-- What has the name $2 in schema $1: schema and name of the table where it is an index, else its own. No row: nothing has it.
-- Costs less than 1 ms. All versions from 13. Any role.
SELECT /* pgmedic:index-name */ tn.nspname::text, t.relname::text
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
JOIN pg_class AS t ON t.oid = coalesce(i.indrelid, c.oid)
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE n.nspname = $1 AND c.relname = $2
