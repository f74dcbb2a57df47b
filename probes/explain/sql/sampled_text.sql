-- Read before EXPLAIN of a statement that is known from sampled activity alone: the whole text of the session that runs it, its database, and whether that
-- is the one looked at, or the named one.
-- Costs under 1 ms, touches no table but one row of pg_database. Versions 13 and later. Without pg_read_all_stats hidden.
SELECT /* pgmedic:sampled_text */ a.query, d.datname::text, d.datname = COALESCE(NULLIF($4::text, ''), current_database()) AS here
FROM pg_stat_get_activity($1) AS a JOIN pg_catalog.pg_database AS d ON d.oid = a.datid
WHERE a.backend_start = $2 AND a.query_start = $3 AND a.state = 'active'
