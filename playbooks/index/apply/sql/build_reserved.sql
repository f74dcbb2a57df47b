-- Whose session has the advisory lock of another pgmedic, of key $2, on the table with oid $1. No row: it has just been released.
-- Costs about 1 ms: reads the lock table once. Versions 13 to 18. Without pg_read_all_stats (pg_monitor) another role's state and statement are not visible.
SELECT /* pgmedic:build_reserved */ a.pid, COALESCE(a.application_name, ''), COALESCE(pg_get_userbyid(a.usesysid)::text, ''), COALESCE(a.state, ''),
       COALESCE(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8,
       COALESCE(extract(epoch FROM clock_timestamp() - a.state_change), 0)::float8, COALESCE(a.query, '')
FROM pg_lock_status() AS l
JOIN LATERAL pg_stat_get_activity(l.pid) AS a ON true
WHERE l.locktype = 'advisory' AND l.granted AND l.classid::int8 = $2::int8 AND l.objid = $1::oid AND l.objsubid = 1
  AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
LIMIT 1
