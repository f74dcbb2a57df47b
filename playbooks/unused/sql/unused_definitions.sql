-- The statements that make the indexes with oids $1 again, and how each begins up to its table, by which the index of a partitioned table alone is
-- told (ON ONLY). One that is gone has no row.
-- Costs about 0.1 ms each and locks each table as a SELECT does: lock_timeout bounds it. Versions 13 to 18. Every role may.
SELECT /* pgmedic:unused_definitions */ c.oid, COALESCE(pg_get_indexdef(c.oid), ''),
       'CREATE ' || CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX ' || quote_ident(c.relname) || ' ON ONLY '
FROM pg_class AS c
JOIN pg_index AS i ON i.indexrelid = c.oid
WHERE c.oid = ANY ($1::oid[])
