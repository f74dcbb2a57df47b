-- Read once a connection, and again every minute: where pg_stat_statements is installed in this database, its version, and the two settings without which
-- it counts nothing. A setting that is this role's or this session's own says nothing about the others and is left empty.
-- Costs 1 to 2 ms (all settings are listed). Versions 13 and later. Every role may.
SELECT /* pgmedic:extension */ n.nspname::text, e.extversion, coalesce(s.track, 'not loaded'), coalesce(s.compute_query_id, '')
FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace,
     (SELECT max(g.value) FILTER (WHERE g.name = 'pg_stat_statements.track') AS track,
             max(g.value) FILTER (WHERE g.name = 'compute_query_id') AS compute_query_id
      FROM (SELECT a.name, CASE WHEN a.source IN ('user', 'database user', 'client', 'session') THEN '' ELSE a.setting END AS value
            FROM pg_show_all_settings() AS a) AS g) AS s
WHERE e.extname = 'pg_stat_statements'
