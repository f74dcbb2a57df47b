-- Read every 5 s: running VACUUM, ANALYZE, COPY, CLUSTER, VACUUM FULL and base backups, one row each: pid, whether it is hidden, database, relation,
-- command, phase, done, total and their unit. These are the pg_stat_progress views without their joins to pg_database, which can freeze in a lock
-- storm; what the parameters mean is those views' own (backend/catalog/system_views.sql; a test compares the two).
-- Costs 0.2 ms at 900 sessions; touches no table. Versions 13 to 18; {copy} is NULL on 13, which has no progress of COPY; {indexes_done} and
-- {indexes_total} are 0 before 17. Every role may; without pg_read_all_stats the parameters of other roles' commands are NULL.
SELECT /* pgmedic:progress */ s.pid, s.param1 IS NULL, COALESCE(s.datid, 0), COALESCE(s.relid, 0), 'VACUUM',
       CASE s.param1
           WHEN 0 THEN 'initializing'
           WHEN 1 THEN 'scanning heap'
           WHEN 2 THEN 'vacuuming indexes'
           WHEN 3 THEN 'vacuuming heap'
           WHEN 4 THEN 'cleaning up indexes'
           WHEN 5 THEN 'truncating heap'
           WHEN 6 THEN 'performing final cleanup'
           ELSE ''
       END,
       CASE s.param1 WHEN 1 THEN s.param3 WHEN 3 THEN s.param4 WHEN 2 THEN {indexes_done} WHEN 4 THEN {indexes_done} ELSE 0 END,
       CASE s.param1 WHEN 1 THEN s.param2 WHEN 3 THEN s.param2 WHEN 2 THEN {indexes_total} WHEN 4 THEN {indexes_total} ELSE 0 END,
       CASE s.param1 WHEN 1 THEN 'blocks' WHEN 3 THEN 'blocks' WHEN 2 THEN 'indexes' WHEN 4 THEN 'indexes' ELSE '' END
FROM pg_stat_get_progress_info('VACUUM') AS s
UNION ALL
SELECT s.pid, s.param1 IS NULL, COALESCE(s.datid, 0), COALESCE(s.relid, 0), 'ANALYZE',
       CASE s.param1
           WHEN 0 THEN 'initializing'
           WHEN 1 THEN 'acquiring sample rows'
           WHEN 2 THEN 'acquiring inherited sample rows'
           WHEN 3 THEN 'computing statistics'
           WHEN 4 THEN 'computing extended statistics'
           WHEN 5 THEN 'finalizing analyze'
           ELSE ''
       END,
       CASE WHEN s.param1 IN (1, 2) THEN s.param3 ELSE 0 END,
       CASE WHEN s.param1 IN (1, 2) THEN s.param2 ELSE 0 END,
       CASE WHEN s.param1 IN (1, 2) THEN 'blocks' ELSE '' END
FROM pg_stat_get_progress_info('ANALYZE') AS s
UNION ALL
SELECT s.pid, s.param1 IS NULL, COALESCE(s.datid, 0), COALESCE(s.relid, 0), CASE s.param1 WHEN 1 THEN 'CLUSTER' WHEN 2 THEN 'VACUUM FULL' ELSE '' END,
       CASE s.param2
           WHEN 0 THEN 'initializing'
           WHEN 1 THEN 'seq scanning heap'
           WHEN 2 THEN 'index scanning heap'
           WHEN 3 THEN 'sorting tuples'
           WHEN 4 THEN 'writing new heap'
           WHEN 5 THEN 'swapping relation files'
           WHEN 6 THEN 'rebuilding index'
           WHEN 7 THEN 'performing final cleanup'
           ELSE ''
       END,
       CASE s.param2 WHEN 1 THEN s.param7 WHEN 2 THEN s.param4 WHEN 4 THEN s.param5 WHEN 6 THEN s.param8 ELSE 0 END,
       CASE s.param2 WHEN 1 THEN s.param6 ELSE 0 END,
       CASE s.param2 WHEN 1 THEN 'blocks' WHEN 2 THEN 'rows' WHEN 4 THEN 'rows' WHEN 6 THEN 'indexes' ELSE '' END
FROM pg_stat_get_progress_info('CLUSTER') AS s
UNION ALL
SELECT s.pid, s.param1 IS NULL, COALESCE(s.datid, 0), COALESCE(s.relid, 0), CASE s.param5 WHEN 1 THEN 'COPY FROM' WHEN 2 THEN 'COPY TO' ELSE '' END,
       '', s.param1, s.param2, 'bytes'
FROM pg_stat_get_progress_info({copy}) AS s
UNION ALL
SELECT s.pid, s.param1 IS NULL, 0, 0, 'BASE BACKUP',
       CASE s.param1
           WHEN 0 THEN 'initializing'
           WHEN 1 THEN 'waiting for checkpoint to finish'
           WHEN 2 THEN 'estimating backup size'
           WHEN 3 THEN 'streaming database files'
           WHEN 4 THEN 'waiting for wal archiving to finish'
           WHEN 5 THEN 'transferring wal files'
           ELSE ''
       END,
       CASE s.param1 WHEN 3 THEN s.param3 ELSE 0 END,
       CASE s.param1 WHEN 3 THEN GREATEST(s.param2, 0) ELSE 0 END,
       CASE s.param1 WHEN 3 THEN 'bytes' ELSE '' END
FROM pg_stat_get_progress_info('BASEBACKUP') AS s
