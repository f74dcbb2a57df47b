-- Whether pid $1 runs something, and the longest-standing session that it waits for: dropping has no progress view.
-- pg_blocking_pids halts the lock manager for a moment: once a second, for one row. All versions from 13. Without pg_read_all_stats (pg_monitor)
-- the other's state is not visible.
SELECT /* pgmedic:index-watch-drop */ coalesce(me.state = 'active', false),
       coalesce(a.pid, 0), coalesce(a.application_name, ''), coalesce(pg_get_userbyid(a.usesysid)::text, ''), coalesce(a.state, ''),
       coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8
FROM pg_stat_get_activity($1) AS me
LEFT JOIN LATERAL (
    SELECT s.* FROM pg_stat_get_activity(NULL) AS s
    WHERE me.wait_event_type = 'Lock' AND s.pid = ANY (pg_blocking_pids(me.pid))
    ORDER BY s.xact_start NULLS LAST LIMIT 1) AS a ON true
