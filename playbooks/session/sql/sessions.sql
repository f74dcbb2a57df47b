-- Read before and after sessions are signalled: how those of the pids $1 are now, and when the session that reads began.
-- Costs 0.1 ms at 100 sessions; answers in a lock storm. Versions 13 and later. Every role may; without pg_read_all_stats the server hides what other roles' sessions do,
-- their backend_start too.
SELECT /* pgmedic:sessions */ a.pid, a.backend_start, COALESCE(a.state, ''), a.state_change, a.xact_start, a.query_start, COALESCE(a.wait_event_type, ''), a.pid = pg_backend_pid()
FROM pg_stat_get_activity(NULL) AS a
WHERE a.pid = ANY ($1) OR a.pid = pg_backend_pid()
