-- Read after somebody who was in the way was dealt with, a few times a second for seconds at most: how many of those that waited behind it still
-- wait, and who of them longest. $1 their pids, $2 their backend_start, $3 their query_start, as they were listed.
-- Costs 0.6 to 2.8 ms with 60 waiters, on a busy machine and with the round trip; answers in a lock storm. Versions 13 and later. Every role may;
-- without pg_read_all_stats the server hides other roles' waits.
SELECT /* pgmedic:waiting */ count(w.pid) FILTER (WHERE a.waits),
       COALESCE((array_agg(a.pid ORDER BY a.query_start) FILTER (WHERE a.waits AND w.pid IS NOT NULL))[1], 0),
       count(*) FILTER (WHERE a.waits), count(*) FILTER (WHERE a.contends), clock_timestamp()
FROM (
    SELECT s.pid, s.backend_start, s.query_start, s.wait_event_type = 'LWLock' AND s.wait_event = 'LockManager' AS contends,
           s.backend_type = 'client backend' AND
               (s.wait_event_type = 'Lock' OR s.wait_event_type = 'LWLock' AND s.wait_event = 'LockManager') AS waits
    FROM pg_stat_get_activity(NULL) AS s
) AS a
LEFT JOIN unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) AS w (pid, backend_start, query_start)
    ON w.pid = a.pid AND w.backend_start = a.backend_start AND w.query_start IS NOT DISTINCT FROM a.query_start
