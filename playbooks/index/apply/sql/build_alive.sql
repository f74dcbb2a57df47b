-- Whether the session of pid $1 that began at $2 is still at work, and its statement, running or last; where $2 is not known, as of another role's session, whether pid
-- $1 still builds an index.
-- A session of ours ($3) rests for seconds between two statements, and for two minutes at most while its pgmedic reads back what it made; one that rests for longer
-- has lost its client.
-- Costs less than 1 ms, locks nothing. Versions 13 to 18. Any role; of another role's session the statement is hidden without pg_read_all_stats.
SELECT /* pgmedic:build_alive */ CASE
    WHEN $2::timestamptz IS NULL THEN EXISTS (SELECT FROM pg_stat_get_progress_info('CREATE INDEX') AS b WHERE b.pid = $1)
    ELSE EXISTS (SELECT FROM pg_stat_get_activity($1) AS a WHERE a.backend_start = $2
                  AND (COALESCE(a.state, 'active') NOT LIKE 'idle%' OR $3 AND a.state_change > clock_timestamp() - interval '3 minutes')) END,
       COALESCE((SELECT a.query FROM pg_stat_get_activity($1) AS a WHERE a.backend_start = $2), '')
