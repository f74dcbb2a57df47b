-- The server's clock, and whether the session of pid $1 that began at $2 runs on this server.
-- Costs less than 1 ms, takes no locks. All versions from 13. Any role: its own sessions' backend_start is always visible to it.
SELECT /* pgmedic:session */ clock_timestamp(), EXISTS (SELECT FROM pg_stat_get_activity($1) AS a WHERE a.backend_start = $2)
