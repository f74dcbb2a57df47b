-- Read before EXPLAIN: the text of sessions that run the statement now in this database, or the named one, whole ones first. Its constants are still there.
-- Costs about 1 ms at 100 sessions, touches no table but one row of pg_database. Versions 14 and later. Without pg_read_all_stats hidden.
SELECT /* pgmedic:running_text */ a.query, octet_length(a.query) >= pg_size_bytes(current_setting('track_activity_query_size')) - 1 AS clipped
FROM pg_stat_get_activity(NULL) AS a
WHERE a.query_id = $1 AND a.state = 'active' AND a.leader_pid IS NULL
  AND a.datid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = COALESCE(NULLIF($2::text, ''), current_database()))
ORDER BY clipped LIMIT 1
