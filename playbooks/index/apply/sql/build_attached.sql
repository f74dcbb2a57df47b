-- The indexes that are parts of the index of a partitioned table with oid $1, at any depth, and whether each is valid, the highest first. They are
-- dropped with it.
-- Costs about 1 ms, 10 ms at a thousand partitions; locks none of them. Versions 13 to 18. Any role.
SELECT /* pgmedic:build_attached */ c.oid, i.indrelid, n.nspname::text, c.relname::text, i.indisvalid AND i.indisready
FROM (
    WITH RECURSIVE parts (oid, depth) AS (
        SELECT h.inhrelid, 1 FROM pg_inherits AS h WHERE h.inhparent = $1::oid
        UNION ALL
        SELECT h.inhrelid, parts.depth + 1 FROM parts JOIN pg_inherits AS h ON h.inhparent = parts.oid
    )
    SELECT * FROM parts
) AS p
JOIN pg_index AS i ON i.indexrelid = p.oid
JOIN pg_class AS c ON c.oid = p.oid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY p.depth, n.nspname, c.relname
