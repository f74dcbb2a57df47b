-- Whether the session of pid $1 that began at $2 still runs something; where $2 is not known, as of another role's session, whether pid $1 still builds an index.
-- Costs less than 1 ms, locks nothing. Versions 13 to 18. Any role.
SELECT /* pgmedic:build_alive */ CASE
    WHEN $2::timestamptz IS NULL THEN EXISTS (SELECT FROM pg_stat_get_progress_info('CREATE INDEX') AS b WHERE b.pid = $1)
    ELSE EXISTS (SELECT FROM pg_stat_get_activity($1) AS a WHERE a.backend_start = $2 AND COALESCE(a.state, 'active') NOT LIKE 'idle%') END
