-- How far the index build of pid $1 is, and whom it waits for. A prepared transaction has no session: current_locker_pid is then another's, so the one that the
-- build really waits for is looked up by the lock, where there are prepared transactions at all.
-- Costs less than 1 ms, about once a second while a build runs.
-- Of a brief step that waits in pieces it is asked up to ten times in its first second, while nobody is named, and rests twenty times as long as a look took, at most 10 s.
-- Versions 13 to 18. Without pg_read_all_stats (pg_monitor) the locker's state is not visible, and of another role's build nothing: no row.
SELECT /* pgmedic:build_watch */ b.phase, b.blocks_done::float8, b.blocks_total::float8, b.tuples_done::float8, b.tuples_total::float8,
       b.lockers_done::float8, b.lockers_total::float8,
       extract(epoch FROM clock_timestamp())::float8,
       COALESCE(a.pid, 0), COALESCE(a.application_name, ''), COALESCE(pg_get_userbyid(a.usesysid)::text, ''), COALESCE(a.state, ''),
       COALESCE(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8,
       COALESCE(extract(epoch FROM clock_timestamp() - a.state_change), 0)::float8, COALESCE(a.query, ''),
       COALESCE(p.gid, ''), COALESCE(extract(epoch FROM clock_timestamp() - p.prepared), 0)::float8
FROM pg_stat_progress_create_index AS b
LEFT JOIN LATERAL pg_stat_get_activity(b.current_locker_pid::int4) AS a ON b.current_locker_pid > 0
LEFT JOIN LATERAL (
    SELECT x.gid, x.prepared FROM pg_prepared_xact() AS x
    WHERE b.phase LIKE 'waiting%' AND EXISTS (
        SELECT FROM pg_lock_status() AS w WHERE w.pid = $1 AND NOT w.granted AND w.locktype = 'transactionid' AND w.transactionid = x.transaction)
    LIMIT 1
) AS p ON true
WHERE b.pid = $1 AND b.phase IS NOT NULL
