-- Read when one of the tables is partitioned: its partitions that hold rows, at any depth. pg_partition_tree would lock each of them.
-- Costs under 1 ms for a hundred partitions. Versions 13 and later. Every role may.
SELECT /* pgmedic:partitions */ tree.root, c.oid, n.nspname::text, c.relname::text, c.reltuples::float8, c.relkind::text
FROM (
    WITH RECURSIVE below (root, relation) AS (
        SELECT root, root FROM unnest($1::oid[]) AS asked (root)
        UNION ALL
        SELECT b.root, h.inhrelid FROM below AS b JOIN pg_catalog.pg_inherits AS h ON h.inhparent = b.relation
    )
    SELECT root, relation FROM below
) AS tree
JOIN pg_catalog.pg_class AS c ON c.oid = tree.relation AND c.relkind IN ('r', 'f')
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY tree.root, n.nspname, c.relname
