-- Read before EXPLAIN: the texts of sessions that run the statement now in this database, or the named one, and of those whose last statement it was, newest
-- first. Their constants are still there, but for those of prepared calls.
-- Costs about 1 ms at 100 sessions, touches no table but one row of pg_database. Versions 14 and later. Without pg_read_all_stats hidden.
SELECT /* pgmedic:running_text */ a.query, a.state = 'active' AS running,
       octet_length(a.query) >= pg_size_bytes(current_setting('track_activity_query_size')) - 1 AS clipped
FROM pg_stat_get_activity(NULL) AS a
WHERE a.query_id = $1 AND a.leader_pid IS NULL AND a.query <> '' AND a.state IS NOT NULL
  AND a.datid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = COALESCE(NULLIF($2::text, ''), current_database()))
ORDER BY running DESC, a.state_change DESC LIMIT 20
