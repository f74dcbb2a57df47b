-- The indexes of the tables $1, with their pages and rows as of the last VACUUM or ANALYZE and how often they were scanned. texts: expressions and predicate stand
-- in that index, which is the topmost that it is attached to where $2 says that this one is read too, else itself; 0: it has none.
-- {nulls_not_distinct}: a unique index takes NULLs as equal. The predicate of one that is being dropped is false.
-- Costs under 1 ms, and 40 ms for five thousand. The text of a predicate or an expression locks the table as a SELECT does: lock_timeout bounds it. Versions 13 and
-- later. Every role may.
SELECT /* pgmedic:table_indexes */ i.indrelid, i.indexrelid, c.relname::text, m.amname::text, i.indisvalid AND i.indisready,
       EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid AND p.datname = pg_catalog.current_database()),
       i.indisunique, i.indisprimary,
       EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = i.indrelid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')),
       c.relpages::int8, greatest(c.reltuples, 0)::float8, pg_catalog.pg_stat_get_numscans(i.indexrelid), coalesce(c.reloptions, '{}'),
       {nulls_not_distinct}, coalesce(x.texts, i.indexrelid),
       CASE WHEN x.texts = i.indexrelid THEN coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), CASE WHEN i.indpred IS NULL THEN '' ELSE 'false' END)
            ELSE '' END,
       CASE WHEN x.texts = i.indexrelid OR {nulls_not_distinct} OR m.amname NOT IN ('btree', 'hash', 'gin', 'gist', 'spgist', 'brin')
            THEN coalesce(pg_catalog.pg_get_indexdef(i.indexrelid), '') ELSE '' END
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
CROSS JOIN LATERAL (
    SELECT CASE WHEN i.indpred IS NULL AND i.indexprs IS NULL THEN 0::pg_catalog.oid
                WHEN $2 AND c.relispartition THEN (
                    SELECT a.relid::pg_catalog.oid FROM pg_catalog.pg_partition_ancestors(i.indexrelid) WITH ORDINALITY AS a (relid, level)
                    ORDER BY a.level DESC LIMIT 1)
                ELSE i.indexrelid END AS texts
) AS x
WHERE i.indrelid = ANY ($1)
ORDER BY i.indrelid, c.relname
