-- Who waits for the whole of one of the tables with oids $1 behind a build, longest first, and how many sessions wait for these tables in all. No row: nobody does.
-- Costs less than 1 ms where no session waits for a lock at all, else it reads the lock table once: milliseconds, about once a second while a build runs.
-- Of a brief step that waits in pieces it is asked up to ten times in its first second, while nobody is named, and rests twenty times as long as a look took, at most 10 s.
-- Versions 13 to 18. Without pg_read_all_stats (pg_monitor) other roles' waits are not visible.
SELECT /* pgmedic:build_behind */ w.n::int4, w.pid, COALESCE(a.application_name, ''), COALESCE(pg_get_userbyid(a.usesysid)::text, ''), COALESCE(a.state, ''),
       COALESCE(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8,
       COALESCE(extract(epoch FROM clock_timestamp() - a.state_change), 0)::float8, COALESCE(a.query, '')
FROM (
    SELECT l.pid, l.mode, count(*) OVER () AS n
    FROM pg_lock_status() AS l
    WHERE EXISTS (SELECT FROM pg_stat_get_activity(NULL) AS s WHERE s.wait_event_type = 'Lock' AND s.wait_event = 'relation')
      AND l.locktype = 'relation' AND NOT l.granted AND l.relation = ANY ($1::oid[]) AND l.pid <> $2
      AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
) AS w
JOIN LATERAL pg_stat_get_activity(w.pid) AS a ON true
WHERE w.mode = 'AccessExclusiveLock'
ORDER BY a.query_start NULLS LAST
LIMIT 1
