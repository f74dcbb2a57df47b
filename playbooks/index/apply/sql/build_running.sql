-- The index builds that run in this database now, oldest first; of those of other roles only the pid, without pg_read_all_stats.
-- Costs under 1 ms; locks nothing. Versions 13 to 18. Any role.
SELECT /* pgmedic:build_running */ b.pid, a.backend_start, COALESCE(a.application_name, ''), COALESCE(pg_get_userbyid(a.usesysid)::text, ''), a.query_start,
       COALESCE(extract(epoch FROM clock_timestamp() - a.query_start), 0)::float8,
       CASE b.param1 WHEN 1 THEN 'CREATE INDEX' WHEN 2 THEN 'CREATE INDEX CONCURRENTLY' WHEN 3 THEN 'REINDEX' WHEN 4 THEN 'REINDEX CONCURRENTLY' ELSE '' END,
       COALESCE(n.nspname::text, ''), COALESCE(t.relname::text, ''), COALESCE(i.relname::text, ''), COALESCE(b.param7, 0)::oid
FROM pg_stat_get_progress_info('CREATE INDEX') AS b
JOIN LATERAL pg_stat_get_activity(b.pid) AS a ON true
LEFT JOIN pg_class AS t ON t.oid = b.relid
LEFT JOIN pg_namespace AS n ON n.oid = t.relnamespace
LEFT JOIN pg_class AS i ON i.oid = b.param7::oid
WHERE b.datid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
ORDER BY a.query_start
