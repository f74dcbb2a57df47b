-- Read with each sample: running CREATE INDEX and REINDEX. This is pg_stat_progress_create_index without its join to pg_database, which can freeze
-- in a lock storm; the parameters' meaning is that view's own (backend/catalog/system_views.sql).
-- Costs under 0.2 ms, touches no table. Versions 13 to 18. Every role may; without pg_read_all_stats other roles' builds are hidden: all but pid and
-- database are NULL.
SELECT /* pgmedic:builds */ s.pid, s.param1 IS NULL, COALESCE(s.datid, 0), COALESCE(s.relid, 0), COALESCE(s.param7, 0)::oid,
       CASE s.param1
           WHEN 1 THEN 'CREATE INDEX'
           WHEN 2 THEN 'CREATE INDEX CONCURRENTLY'
           WHEN 3 THEN 'REINDEX'
           WHEN 4 THEN 'REINDEX CONCURRENTLY'
           ELSE ''
       END,
       CASE s.param10
           WHEN 0 THEN 'initializing'
           WHEN 1 THEN 'waiting for writers before build'
           WHEN 2 THEN 'building index' || COALESCE(': ' || pg_indexam_progress_phasename(s.param9::oid, s.param11), '')
           WHEN 3 THEN 'waiting for writers before validation'
           WHEN 4 THEN 'index validation: scanning index'
           WHEN 5 THEN 'index validation: sorting tuples'
           WHEN 6 THEN 'index validation: scanning table'
           WHEN 7 THEN 'waiting for old snapshots'
           WHEN 8 THEN 'waiting for readers before marking dead'
           WHEN 9 THEN 'waiting for readers before dropping'
           ELSE ''
       END,
       COALESCE(s.param17, 0), COALESCE(s.param16, 0), COALESCE(s.param13, 0), COALESCE(s.param12, 0),
       COALESCE(s.param5, 0), COALESCE(s.param4, 0), COALESCE(s.param6, 0)::int
FROM pg_stat_get_progress_info('CREATE INDEX') AS s
