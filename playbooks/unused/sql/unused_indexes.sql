-- The indexes of this database's own tables; of a partitioned table the index of the whole alone, with scans, pages and rows written of all parts
-- together. Trees of expressions stand without the places in the text that they came from, so that those of the same meaning are the same.
-- {last_scan} is NULL before 16, {nulls_not_distinct} false before 15.
-- Costs about 40 ms for a thousand indexes, where the catalogue was never analysed, as just after a restore, seconds; before 15 some 10 ms more, in
-- which the server waits for its statistics file. Locks none of the tables; statement_timeout and lock_timeout bound it. Versions 13 to 18. Every
-- role may.
SELECT /* pgmedic:unused_indexes */ i.indexrelid, i.indrelid, n.nspname::text, x.relname::text, tn.nspname::text, t.relname::text, x.relkind = 'I',
       u.parts::int4, m.amname::text, i.indisunique, i.indimmediate, EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid),
       i.indisreplident, i.indisclustered, u.usable,
       EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid IN (i.indexrelid, i.indrelid) AND d.deptype = 'e'),
       pg_has_role(t.relowner, 'USAGE'), pg_get_userbyid(t.relowner)::text,
       u.scans::int8, u.last_scan, u.pages::float8 * current_setting('block_size')::float8, u.inserts::int8, u.updates::int8, u.hot::int8,
       i.indkey::int2[], i.indnkeyatts::int4, i.indclass::oid[], i.indcollation::oid[], i.indoption::int2[],
       COALESCE((SELECT string_agg(a.attoptions::text, ' ' ORDER BY a.attnum) FROM pg_attribute AS a WHERE a.attrelid = i.indexrelid), '')
           || CASE WHEN m.amname <> 'btree' THEN COALESCE(x.reloptions::text, '') ELSE '' END,
       regexp_replace(COALESCE(i.indexprs::text, ''), ':[a-z_]*location -?[0-9]+', '', 'g'),
       regexp_replace(COALESCE(i.indpred::text, ''), ':[a-z_]*location -?[0-9]+', '', 'g'), {nulls_not_distinct}
FROM (
    WITH RECURSIVE below (root, oid) AS (
        SELECT i.indexrelid, i.indexrelid
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE NOT c.relispartition AND c.relpersistence <> 't'
          AND c.relnamespace NOT IN (SELECT s.oid FROM pg_namespace AS s WHERE s.nspname IN ('pg_catalog', 'information_schema', 'pg_toast'))
        UNION ALL
        SELECT b.root, h.inhrelid FROM below AS b JOIN pg_inherits AS h ON h.inhparent = b.oid
    )
    SELECT b.root, count(*) FILTER (WHERE c.relkind = 'i') AS parts, bool_and(i.indisvalid AND i.indisready AND i.indislive) AS usable,
           sum(pg_stat_get_numscans(b.oid)) AS scans, max({last_scan}) AS last_scan, sum(c.relpages) AS pages,
           sum(pg_stat_get_tuples_inserted(i.indrelid)) AS inserts, sum(pg_stat_get_tuples_updated(i.indrelid)) AS updates,
           sum(pg_stat_get_tuples_hot_updated(i.indrelid)) AS hot
    FROM below AS b
    JOIN pg_class AS c ON c.oid = b.oid
    JOIN pg_index AS i ON i.indexrelid = b.oid
    GROUP BY b.root
) AS u
JOIN pg_index AS i ON i.indexrelid = u.root
JOIN pg_class AS x ON x.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = x.relnamespace
JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
JOIN pg_am AS m ON m.oid = x.relam
ORDER BY i.indexrelid
