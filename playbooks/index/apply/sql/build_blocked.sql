-- Whether pid $1 runs something, and the session that it waits for, the one with the oldest transaction of several: for what has no progress view, such as
-- DROP INDEX, or a build that still waits for its table. pid 0 among those that block is a prepared transaction.
-- Costs about 1 ms, about once a second: pg_blocking_pids, for one row, halts the lock manager for a moment.
-- Of a brief step that waits in pieces it is asked up to ten times in its first second, while nobody is named, and rests twenty times as long as a look took, at most 10 s.
-- Versions 13 to 18. Without pg_read_all_stats (pg_monitor) the other's state is not visible.
SELECT /* pgmedic:build_blocked */ COALESCE(me.state = 'active', false), me.waits, COALESCE(0 = ANY (me.behind), false),
       COALESCE(a.pid, 0), COALESCE(a.application_name, ''), COALESCE(pg_get_userbyid(a.usesysid)::text, ''), COALESCE(a.state, ''),
       COALESCE(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8,
       COALESCE(extract(epoch FROM clock_timestamp() - a.state_change), 0)::float8, COALESCE(a.query, ''),
       CASE WHEN 0 = ANY (me.behind) THEN COALESCE((SELECT x.gid FROM pg_prepared_xact() AS x ORDER BY x.prepared LIMIT 1), '') ELSE '' END
FROM (
    SELECT s.state, COALESCE(s.wait_event_type = 'Lock', false) AS waits,
           CASE WHEN s.wait_event_type = 'Lock' THEN pg_blocking_pids(s.pid) END AS behind
    FROM pg_stat_get_activity($1) AS s
) AS me
LEFT JOIN LATERAL (
    SELECT s.* FROM pg_stat_get_activity(NULL) AS s WHERE s.pid = ANY (me.behind) ORDER BY s.xact_start NULLS LAST LIMIT 1) AS a ON true
