-- Sent by an action that a person confirmed: cancels what each session runs, or ends it, if it still is what was shown; else it says how it is now, and nothing is
-- sent. The times tell: pids are used again within minutes on a busy server. One that has ended gives no row. All are compared with one copy of the activity, taken as
-- the statement begins, and signalled at once.
-- Of each session, in arrays: $1 pid, $2 backend_start, $3 state, $4 state_change, $5 xact_start, $6 query_start as they were shown. $7 end the sessions, else cancel.
-- Costs 0.2 ms for one session, 0.3 to 0.5 ms for 50, at 100 and at 1,000 sessions; answers in a lock storm. Versions 13 and later. Needs the session's role, or pg_signal_backend; for a superuser's session
-- a superuser: there it fails with 42501, and sends nothing to those behind it.
SELECT /* pgmedic:signal */ shown.n, CASE WHEN NOT s.same OR s.ours OR s.kind <> 'client backend' OR NOT s.may THEN false
                                          WHEN $7 THEN pg_terminate_backend(a.pid) ELSE pg_cancel_backend(a.pid) END,
       s.same, s.may, COALESCE(a.backend_start <> shown.start, false), s.kind, s.ours, COALESCE(a.state, ''), a.xact_start IS NOT DISTINCT FROM shown.xact, clock_timestamp()
FROM unnest($1::int[], $2::timestamptz[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[])
     WITH ORDINALITY AS shown (pid, start, state, change, xact, query, n)
CROSS JOIN LATERAL pg_stat_get_activity(shown.pid) AS a
CROSS JOIN LATERAL (SELECT
    COALESCE(a.backend_start = shown.start AND a.state = shown.state AND a.state_change = shown.change AND a.xact_start IS NOT DISTINCT FROM shown.xact
             AND a.query_start IS NOT DISTINCT FROM shown.query, false),
    COALESCE(pg_has_role(a.usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'), true),
    COALESCE(a.backend_type, ''), a.pid = pg_backend_pid() OR COALESCE(a.application_name = 'pgmedic', false)) AS s (same, may, kind, ours)
