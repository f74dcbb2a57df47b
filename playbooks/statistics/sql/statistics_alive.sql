-- Whether the session of pid $1 that began at $2 is still at work. It rests for moments between two statements, and while its pgmedic reads back what
-- it did: one that rests for longer than three minutes has lost its client.
-- Costs less than 1 ms, locks nothing. Versions 13 to 18. Every role may; of another role's session only that it is there is visible without
-- pg_read_all_stats.
SELECT /* pgmedic:statistics_alive */ EXISTS (
    SELECT FROM pg_stat_get_activity($1::int4) AS a
    WHERE a.backend_start = $2 AND (COALESCE(a.state, 'active') NOT LIKE 'idle%' OR a.state_change > clock_timestamp() - interval '3 minutes'))
