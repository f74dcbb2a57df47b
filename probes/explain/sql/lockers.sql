-- Read after EXPLAIN gave up waiting for a lock: who holds, or waits for, a lock that keeps readers out of the relations that the statement names, with their
-- schema ($1) or by the search_path used ($3).
-- While ten sessions are seen waiting for the lock table itself (deadlock checks) the locks are not read and no row comes: no timeout ends that wait.
-- Costs a few ms at 1,000 locks. Versions 13 and later. Without pg_read_all_stats the state of other roles' sessions is hidden,
-- and such a storm with it.
SELECT /* pgmedic:lockers */ l.pid, n.nspname::text, c.relname::text, l.granted, a.state, a.application_name,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8
FROM pg_locks AS l JOIN pg_catalog.pg_class AS c ON c.oid = l.relation JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN LATERAL pg_stat_get_activity(l.pid) AS a ON true
JOIN unnest($1::text[], $2::text[]) AS m (schema, name) ON c.relname = m.name::name AND CASE m.schema WHEN '' THEN n.nspname = (
    SELECT path.schema
    FROM unnest($3::name[]) WITH ORDINALITY AS path (schema, n)
    JOIN pg_catalog.pg_namespace AS home ON home.nspname = path.schema JOIN pg_catalog.pg_class AS o ON o.relnamespace = home.oid AND o.relname = c.relname
    ORDER BY path.n LIMIT 1) ELSE n.nspname = m.schema::name END
WHERE (SELECT count(*) FROM pg_stat_get_activity(NULL) AS b WHERE b.wait_event_type = 'LWLock' AND b.wait_event = 'LockManager') < 10
  AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
ORDER BY l.granted DESC, a.xact_start LIMIT 1
