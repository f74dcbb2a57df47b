-- Read several times a second while a hold runs: every client's session; whether it counts against the limit that is held, whether it runs the statement, whether it is
-- of one of the statement's roles, and whether it rests for long; and the time.
-- $1 query_id, $2 database, $3 roles of the statement; $4 database and $5 role of the limit, NULL: of any; $6 seconds that are long.
-- Costs 0.3 ms at 100 sessions, 3 ms at 1,000; answers in a lock storm. Versions 14 and later. Every role may; without pg_read_all_stats the server hides what other
-- roles' sessions do, and nothing of them is cancelled.
SELECT /* pgmedic:look */ a.pid, a.backend_start, COALESCE(a.state, ''), a.state_change, a.xact_start, a.query_start,
       ($4::oid IS NULL OR a.datid = $4) AND ($5::oid IS NULL OR a.usesysid = $5),
       COALESCE(a.state = 'active' AND a.query_id = $1 AND a.datid = $2 AND a.usesysid = ANY ($3::oid[]) AND a.application_name <> 'pgmedic', false),
       COALESCE(a.datid = $2 AND a.usesysid = ANY ($3::oid[]), false), COALESCE(a.state = 'idle' AND a.state_change < clock_timestamp() - make_interval(secs => $6), false),
       clock_timestamp()
FROM pg_stat_get_activity(NULL) AS a
WHERE a.usesysid IS NOT NULL AND COALESCE(a.backend_type, 'client backend') = 'client backend'
