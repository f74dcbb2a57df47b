-- Who would make a CREATE INDEX CONCURRENTLY on the table with oid $1 wait, longest first within each kind: transactions that wrote the table,
-- snapshots in this database, and prepared transactions in this database, which have no session.
-- Reads the lock table once: milliseconds, but slow in a lock storm; statement_timeout bounds it. All versions from 13. Without pg_read_all_stats
-- (pg_monitor) other roles' snapshots and states are not visible.
WITH /* pgmedic:index-delays */ sessions AS MATERIALIZED (
    SELECT a.pid, a.application_name, pg_get_userbyid(a.usesysid)::text AS role, a.state, a.datid, a.backend_xmin, a.xact_start
    FROM pg_stat_get_activity(NULL) AS a
    WHERE a.pid <> pg_backend_pid() AND a.application_name IS DISTINCT FROM 'pgmedic'
), here AS (
    SELECT oid FROM pg_database WHERE datname = current_database()
), delays AS (
    SELECT DISTINCT 'writer' AS kind, s.pid, s.application_name, s.role, s.state, s.xact_start
    FROM pg_locks AS l JOIN sessions AS s ON s.pid = l.pid
    WHERE l.relation = $1 AND l.database = (SELECT oid FROM here) AND l.granted
      AND l.mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    UNION ALL
    SELECT 'snapshot', s.pid, s.application_name, s.role, s.state, s.xact_start
    FROM sessions AS s
    WHERE s.backend_xmin IS NOT NULL AND s.datid = (SELECT oid FROM here)
    UNION ALL
    SELECT 'prepared', 0, p.gid, p.owner::text, 'prepared', p.prepared
    FROM pg_prepared_xacts AS p WHERE p.database = current_database()
)
SELECT kind, coalesce(pid, 0), coalesce(application_name, ''), coalesce(role, ''), coalesce(state, ''),
       coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0)::float8
FROM delays ORDER BY kind, xact_start NULLS LAST
