-- Who builds an index or runs VACUUM on one of the tables with oids $1, and who builds one elsewhere in this database; longest first. The table of another role's
-- build is hidden without pg_read_all_stats: then its locks say which it is.
-- Costs about 1 ms, touches no table, and reads the lock table where such a build runs. Versions 13 to 18. Any role; without pg_read_all_stats other roles' VACUUMs
-- are not visible.
SELECT /* pgmedic:build_busy */ w.command || CASE WHEN a.backend_type = 'autovacuum worker' AND a.query LIKE '%(to prevent wraparound)%' THEN ' wraparound'
                                                  WHEN a.backend_type = 'autovacuum worker' THEN ' automatic' ELSE '' END,
       COALESCE(w.relid = ANY ($1::oid[]), EXISTS (
           SELECT FROM pg_lock_status() AS l WHERE l.pid = w.pid AND l.locktype = 'relation' AND l.relation = ANY ($1::oid[]) AND l.database = w.datid
           AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock'))),
       w.pid, COALESCE(a.application_name, ''), COALESCE(pg_get_userbyid(a.usesysid)::text, ''), COALESCE(a.state, ''),
       COALESCE(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8, 0::float8, COALESCE(a.query, '')
FROM (
    SELECT 'build' AS command, b.pid, b.relid, b.datid FROM pg_stat_get_progress_info('CREATE INDEX') AS b
    UNION ALL
    SELECT 'vacuum', v.pid, v.relid, v.datid FROM pg_stat_get_progress_info('VACUUM') AS v WHERE v.relid = ANY ($1::oid[])
) AS w
JOIN LATERAL pg_stat_get_activity(w.pid) AS a ON true
WHERE w.datid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
ORDER BY a.xact_start NULLS LAST
