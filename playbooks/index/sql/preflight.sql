-- What decides whether an index can be built on the table with oid $1 now, and whether it still is the one named $3 in schema $2. No row: the table is
-- gone.
-- Costs about 2 ms, takes no lock on the table. All versions from 13. Any role; without pg_read_all_stats other roles' vacuums and builds show too.
SELECT /* pgmedic:index-preflight */ current_setting('server_version_num')::int4,
       current_setting('server_version'),
       pg_is_in_recovery(),
       n.nspname = $2 AND c.relname = $3,
       c.relkind IN ('r', 'm') AND NOT c.relispartition AND c.relpersistence <> 't',
       pg_has_role(c.relowner, 'USAGE'),
       pg_get_userbyid(c.relowner)::text,
       has_schema_privilege(c.relnamespace, 'CREATE'),
       coalesce((SELECT b.pid FROM pg_stat_progress_create_index AS b WHERE b.relid = c.oid AND b.datid = db.oid LIMIT 1), 0),
       coalesce((SELECT v.pid FROM pg_stat_progress_vacuum AS v WHERE v.relid = c.oid AND v.datid = db.oid LIMIT 1), 0),
       (SELECT count(*) FROM pg_locks AS l
        WHERE l.relation = c.oid AND l.database = db.oid AND l.mode = 'AccessExclusiveLock' AND NOT l.granted)::int4,
       current_setting('maintenance_work_mem')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace, pg_database AS db
WHERE c.oid = $1 AND db.datname = current_database()
