-- How many sessions wait for a lock behind pid $1, directly or behind others that do, and how many seconds counting them took. pg_blocking_pids halts
-- the lock manager for a moment, so it is called for waiting rows only and for 50 of them at most: in a storm the count is a lower bound.
-- Costs about 1 ms, once a second while something is applied, less often where it takes over 50 ms. All versions from 13. Without pg_read_all_stats
-- (pg_monitor) the waits of other roles are not visible and not counted.
WITH RECURSIVE /* pgmedic:harm */ waiting AS MATERIALIZED (
    SELECT a.pid, pg_blocking_pids(a.pid) AS behind
    FROM pg_stat_get_activity(NULL) AS a
    WHERE a.wait_event_type = 'Lock' AND a.pid <> $1
    LIMIT 50
), queue AS (
    SELECT pid FROM waiting WHERE $1 = ANY (behind)
    UNION
    SELECT waiting.pid FROM waiting JOIN queue ON queue.pid = ANY (waiting.behind)
)
SELECT count(*)::int, extract(epoch FROM clock_timestamp() - statement_timestamp())::float8 FROM queue
