-- The columns of the table with oid $1: their type, width and whether a b-tree can order them. avg_width is NULL without statistics.
-- Costs about 1 ms. All versions from 13. pg_stats shows only columns that the role may SELECT.
SELECT /* pgmedic:index-columns */ a.attname::text,
       format_type(a.atttypid, -1),
       t.typname::text,
       t.typcategory::text,
       a.attlen::int4,
       a.attalign::text,
       coalesce(s.avg_width, 0),
       s.avg_width IS NOT NULL,
       t.typcategory IN ('E', 'R', 'S') OR EXISTS (
           SELECT FROM pg_opclass AS o JOIN pg_am AS m ON m.oid = o.opcmethod
           WHERE m.amname = 'btree' AND o.opcdefault AND o.opcintype = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END)
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_stats AS s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
