-- The INVALID indexes of this database, without those of temporary tables of other sessions: their table, whether a build runs on it (or one whose table this
-- role may not see), whether a constraint stands on the index, who owns it, and whether it is unique and writes are kept in it.
-- Costs about 1 ms per thousand indexes: pg_index is read once; locks none of them. Versions 13 to 18. Any role.
SELECT /* pgmedic:build_invalid */ i.indexrelid, n.nspname::text, c.relname::text, c.relkind::text, tn.nspname::text, t.relname::text,
       EXISTS (SELECT FROM pg_stat_get_progress_info('CREATE INDEX') AS b WHERE COALESCE(b.relid = i.indrelid, true)
               AND b.datid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())),
       EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid),
       pg_get_userbyid(c.relowner)::text, i.indisunique, i.indisready, i.indrelid
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE NOT (i.indisvalid AND i.indisready) AND c.relpersistence <> 't'
ORDER BY tn.nspname, t.relname, c.relname
