-- The indexes of the table with oid $1, with their pages as of the last VACUUM or ANALYZE and how often they were scanned. A key that is an expression has an empty name. indoption: bit 0 descending, bit 1 nulls first.
-- Costs about 1 ms an index. pg_get_expr may lock the table as a SELECT does: lock_timeout bounds it. All versions from 13. Any role.
SELECT /* pgmedic:index-indexes */ i.indexrelid, ic.relname::text, m.amname::text, i.indisvalid AND i.indisready,
       ARRAY(SELECT coalesce(a.attname::text, '')
             FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
             LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
             WHERE k.position <= i.indnkeyatts ORDER BY k.position),
       i.indoption::int2[],
       coalesce(pg_get_expr(i.indpred, i.indrelid), ''),
       EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid),
       ic.relpages::int8, pg_stat_get_numscans(i.indexrelid)
FROM pg_index AS i
JOIN pg_class AS ic ON ic.oid = i.indexrelid
JOIN pg_am AS m ON m.oid = ic.relam
WHERE i.indrelid = $1
ORDER BY ic.relname
