-- Whom a CREATE INDEX CONCURRENTLY on the tables with oids $1 would wait for, longest first within each kind: transactions that wrote them or lock them, with
-- their strongest lock ("writer"); snapshots in this database ("snapshot"); prepared transactions ("prepared": of the tables' writers, as pid 0); and sessions
-- that wait for a whole table ("ddl"), behind which the build and everybody else would queue.
-- Costs milliseconds: reads the lock table once; slow in a lock storm; statement_timeout bounds it. Versions 13 to 18. Without pg_read_all_stats other roles'
-- snapshots, states and texts are not visible.
SELECT /* pgmedic:build_delays */ d.kind, COALESCE(d.mode, ''), COALESCE(d.pid, 0), COALESCE(d.application, ''), COALESCE(d.role, ''), COALESCE(d.state, ''),
       COALESCE(extract(epoch FROM clock_timestamp() - d.since), 0)::float8,
       COALESCE(extract(epoch FROM clock_timestamp() - d.state_since), 0)::float8, COALESCE(d.query, '')
FROM (
    WITH sessions AS MATERIALIZED (
        SELECT a.pid, a.application_name AS application, pg_get_userbyid(a.usesysid)::text AS role, a.state, a.datid, a.backend_xmin, a.xact_start AS since,
               a.state_change AS state_since, a.query, a.backend_type
        FROM pg_stat_get_activity(NULL) AS a
        WHERE a.pid <> pg_backend_pid()
          AND (a.application_name IS DISTINCT FROM 'pgmedic' OR a.pid IN (SELECT b.pid FROM pg_stat_get_progress_info('CREATE INDEX') AS b))
    ), here AS MATERIALIZED (
        SELECT oid FROM pg_database WHERE datname = current_database()
    ), locks AS MATERIALIZED (
        SELECT l.pid, l.granted, l.mode, l.virtualtransaction,
               array_position('{RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'::text[], l.mode) AS strength
        FROM pg_lock_status() AS l
        WHERE l.locktype = 'relation' AND l.relation = ANY ($1::oid[]) AND l.database = (SELECT oid FROM here)
    ), strongest AS (
        SELECT DISTINCT ON (l.pid, l.granted) l.* FROM locks AS l WHERE l.strength IS NOT NULL AND l.pid IS NOT NULL ORDER BY l.pid, l.granted, l.strength DESC
    )
    SELECT 'writer' AS kind, l.mode, s.pid, s.application, s.role, s.state, s.since, s.state_since, s.query
    FROM strongest AS l JOIN sessions AS s ON s.pid = l.pid WHERE l.granted AND s.backend_type IS DISTINCT FROM 'autovacuum worker'
    UNION ALL
    SELECT 'ddl', l.mode, s.pid, s.application, s.role, s.state, s.since, s.state_since, s.query
    FROM strongest AS l JOIN sessions AS s ON s.pid = l.pid WHERE NOT l.granted AND l.mode = 'AccessExclusiveLock'
    UNION ALL
    SELECT 'snapshot', NULL, s.pid, s.application, s.role, s.state, s.since, s.state_since, s.query
    FROM sessions AS s
    WHERE s.backend_xmin IS NOT NULL AND s.datid = (SELECT oid FROM here) AND s.backend_type IS DISTINCT FROM 'autovacuum worker'
    UNION ALL
    SELECT 'prepared', (SELECT 'wrote' FROM locks AS l WHERE l.pid IS NULL AND l.strength IS NOT NULL LIMIT 1),
           NULL, p.gid, pg_get_userbyid(p.ownerid)::text, 'prepared', p.prepared, p.prepared, NULL
    FROM pg_prepared_xact() AS p WHERE p.dbid = (SELECT oid FROM here)
) AS d
ORDER BY d.kind, d.since NULLS LAST
