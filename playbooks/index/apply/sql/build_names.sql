-- What has the names $2 in the schemas $1 (arrays of one length): the position, and schema and name of the table where it is an index, else its own. A name that
-- is free has no row.
-- Costs about 1 ms, 20 ms at a thousand names. Versions 13 to 18. Any role.
SELECT /* pgmedic:build_names */ w.position::int4, tn.nspname::text, t.relname::text, t.oid
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (schema, name, position)
JOIN pg_namespace AS n ON n.nspname = w.schema
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name
LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
JOIN pg_class AS t ON t.oid = COALESCE(i.indrelid, c.oid)
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
ORDER BY w.position
