-- The locks on the tables with oids $1, held or waited for, with who it is and whether that session runs VACUUM, ANALYZE or an index build. $2 is the
-- session that is not meant itself, 0: none. A lock without a session is a prepared transaction's, pid 0.
-- Costs about 1 ms, reads the lock table once; slow in a lock storm; statement_timeout bounds it. Versions 13 to 18. Without pg_read_all_stats other
-- roles' states are not visible.
SELECT /* pgmedic:statistics_work */ l.relation, l.mode, l.granted, COALESCE(l.pid, 0), COALESCE(a.backend_type, ''),
       COALESCE(a.application_name, ''), COALESCE(pg_get_userbyid(a.usesysid)::text, ''), COALESCE(a.client_addr::text, ''), COALESCE(a.state, ''),
       a.state_change, a.xact_start, a.query_start, clock_timestamp(),
       COALESCE((SELECT 'VACUUM' FROM pg_stat_get_progress_info('VACUUM') AS p WHERE p.pid = l.pid AND p.relid = l.relation),
                (SELECT 'ANALYZE' FROM pg_stat_get_progress_info('ANALYZE') AS p WHERE p.pid = l.pid),
                (SELECT 'CREATE INDEX' FROM pg_stat_get_progress_info('CREATE INDEX') AS p WHERE p.pid = l.pid), ''),
       COALESCE(a.backend_type = 'autovacuum worker' AND a.query LIKE '%(to prevent wraparound)%', false)
FROM pg_lock_status() AS l
LEFT JOIN LATERAL pg_stat_get_activity(l.pid) AS a ON l.pid IS NOT NULL
WHERE l.locktype = 'relation' AND l.relation = ANY ($1::oid[])
  AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
  AND l.pid IS DISTINCT FROM $2::int4 AND l.pid IS DISTINCT FROM pg_backend_pid()
ORDER BY l.granted DESC, a.xact_start NULLS LAST
