-- What the catalogue says of the index with oid $1, and whether it still is the one named $3 in schema $2. No row: it is gone.
-- Costs less than 1 ms. All versions from 13. Any role.
SELECT /* pgmedic:index-state */ n.nspname = $2 AND c.relname = $3,
       i.indisvalid AND i.indisready,
       pg_has_role(c.relowner, 'USAGE'),
       pg_get_userbyid(c.relowner)::text,
       EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid),
       EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid),
       pg_is_in_recovery()
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indexrelid = $1
