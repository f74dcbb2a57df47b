-- The indexes of the tables with oids $1: whether each is valid, ready and not being built, and of which index of a partitioned table it is a part.
-- Costs about 1 ms, 20 ms at a thousand tables; locks none of them. Versions 13 to 18. Any role; without pg_read_all_stats other roles' builds are not told from
-- what they have left behind.
SELECT /* pgmedic:build_indexes */ i.indexrelid, i.indrelid, n.nspname::text, c.relname::text, i.indisvalid AND i.indisready,
       EXISTS (SELECT FROM pg_stat_get_progress_info('CREATE INDEX') AS b WHERE b.param7 = i.indexrelid::int8
               AND b.datid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())),
       COALESCE((SELECT h.inhparent FROM pg_inherits AS h WHERE h.inhrelid = i.indexrelid), 0)
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indrelid = ANY ($1::oid[]) AND i.indislive
ORDER BY c.relname
