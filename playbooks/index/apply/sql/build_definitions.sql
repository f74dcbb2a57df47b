-- The statements that would make the indexes with oids $1 again, in their order, without CONCURRENTLY, with each one's name and that of the index of a partitioned
-- table that it is a part of; one that is gone has no row. Costs about 0.1 ms each and locks each table as a SELECT does: lock_timeout bounds it. Versions 13 to 18.
-- Any role.
SELECT /* pgmedic:build_definitions */ pg_get_indexdef(c.oid), n.nspname::text, c.relname::text, COALESCE(pn.nspname::text, ''), COALESCE(p.relname::text, '')
FROM unnest($1::oid[]) WITH ORDINALITY AS x (oid, position)
JOIN pg_class AS c ON c.oid = x.oid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits AS h ON h.inhrelid = c.oid
LEFT JOIN pg_class AS p ON p.oid = h.inhparent
LEFT JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
ORDER BY x.position
