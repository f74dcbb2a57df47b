-- How far the ANALYZE of session $1 is, and whom it waits for, and whether anybody else waits for a table; no row: it runs nothing.
-- Costs about 1 ms, about once a second while it runs: pg_blocking_pids, for one row and only while it waits, halts the lock manager for a moment.
-- Versions 13 to 18. Without pg_read_all_stats the other's state is not visible.
SELECT /* pgmedic:statistics_watch */ COALESCE(p.phase, ''), COALESCE(p.sample_blks_scanned, 0)::float8, COALESCE(p.sample_blks_total, 0)::float8,
       COALESCE(p.child_tables_done, 0)::int4, COALESCE(p.child_tables_total, 0)::int4, me.waits, COALESCE(0 = ANY (me.behind), false),
       COALESCE(b.pid, 0), COALESCE(b.backend_type, ''), COALESCE(b.application_name, ''), COALESCE(pg_get_userbyid(b.usesysid)::text, ''),
       COALESCE(b.client_addr::text, ''), COALESCE(b.state, ''), b.state_change, b.xact_start, b.query_start, clock_timestamp(),
       EXISTS (SELECT FROM pg_stat_get_activity(NULL) AS o WHERE o.wait_event_type = 'Lock' AND o.wait_event = 'relation' AND o.pid <> me.pid)
FROM (
    SELECT s.pid, COALESCE(s.wait_event_type = 'Lock', false) AS waits,
           CASE WHEN s.wait_event_type = 'Lock' THEN pg_blocking_pids(s.pid) END AS behind
    FROM pg_stat_get_activity($1::int4) AS s
    WHERE s.state = 'active'
) AS me
LEFT JOIN pg_stat_progress_analyze AS p ON p.pid = me.pid
LEFT JOIN LATERAL (
    SELECT s.* FROM pg_stat_get_activity(NULL) AS s WHERE s.pid = ANY (me.behind) ORDER BY s.xact_start NULLS LAST LIMIT 1) AS b ON true
