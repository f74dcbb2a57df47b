-- How far the index build of pid $1 is, and whom it waits for. A prepared transaction has no session: the locker's pid is then another's, so the
-- oldest one is named beside it.
-- Costs less than 1 ms, once a second while a build runs. All versions from 13. Without pg_read_all_stats (pg_monitor) the locker's state is not
-- visible.
SELECT /* pgmedic:index-watch */ b.phase, b.blocks_done::float8, b.blocks_total::float8, b.tuples_done::float8, b.tuples_total::float8,
       b.lockers_done::float8, b.lockers_total::float8,
       coalesce(b.current_locker_pid, 0)::int4,
       coalesce(a.application_name, ''), coalesce(pg_get_userbyid(a.usesysid)::text, ''), coalesce(a.state, ''),
       coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8,
       coalesce((SELECT p.gid FROM pg_prepared_xacts AS p WHERE p.database = current_database() ORDER BY p.prepared LIMIT 1), '')
FROM pg_stat_progress_create_index AS b
LEFT JOIN pg_stat_get_activity(NULL) AS a ON a.pid = b.current_locker_pid
WHERE b.pid = $1
