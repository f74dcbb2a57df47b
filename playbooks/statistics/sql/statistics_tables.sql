-- What decides over the planner's statistics of the tables named by schema $1 and name $2, and of the partitioned tables that they are parts of. Of a
-- partitioned table rows, changes and pages are those of all its partitions, and its statistics those over all of them. Beside each: the thresholds
-- of autovacuum; how many rows ANALYZE takes as its sample; the columns that have no statistics; how much of that this role may not see; and whether
-- this role may ANALYZE it ({maintain}: by the privilege, from 17 on). {analyze_time} is the mean of the runs so far in ms, from 18 on, else NULL.
-- Costs about 5 ms for three tables, before 15 some 10 ms more, in which the server waits for its statistics file. Locks none of the tables. Versions
-- 13 to 18. Every role may; without SELECT on a table its statistics are not visible.
SELECT /* pgmedic:statistics_tables */ c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.relpersistence::text,
       n.nspname IN ('pg_catalog', 'information_schema', 'pg_toast'),
       COALESCE((
           SELECT a.relid::oid FROM pg_partition_ancestors(c.oid) WITH ORDINALITY AS a (relid, level) WHERE c.relispartition
           ORDER BY a.level DESC LIMIT 1), 0::oid),
       c.reltuples::float8, u.parts, u.pages::float8, u.pages_read::float8, u.live::float8, u.changed::float8,
       GREATEST(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)),
       current_setting('autovacuum_analyze_threshold')::float8, current_setting('autovacuum_analyze_scale_factor')::float8, o.threshold, o.factor,
       current_setting('autovacuum')::boolean AND current_setting('track_counts')::boolean AND o.autovacuum, u.target * 300.0::float8,
       k.columns::int4, k.hidden::int4, k.missing,
       pg_has_role(c.relowner, 'USAGE') OR pg_has_role((SELECT d.datdba FROM pg_database AS d WHERE d.datname = current_database()), 'USAGE')
           OR {maintain},
       pg_get_userbyid(c.relowner)::text, {analyze_time}
FROM (
    SELECT DISTINCT COALESCE(a.relid::oid, t.oid) AS oid
    FROM unnest($1::text[], $2::text[]) AS asked (schema, relation)
    JOIN pg_namespace AS s ON s.nspname = asked.schema
    JOIN pg_class AS t ON t.relnamespace = s.oid AND t.relname = asked.relation AND t.relkind IN ('r', 'p', 'm', 'f')
    LEFT JOIN LATERAL pg_partition_ancestors(t.oid) AS a (relid) ON t.relispartition
) AS asked
JOIN pg_class AS c ON c.oid = asked.oid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT (SELECT x.option_value::float8 FROM pg_options_to_table(c.reloptions) AS x WHERE x.option_name = 'autovacuum_analyze_threshold') AS threshold,
           (SELECT x.option_value::float8 FROM pg_options_to_table(c.reloptions) AS x WHERE x.option_name = 'autovacuum_analyze_scale_factor') AS factor,
           COALESCE((SELECT x.option_value::boolean FROM pg_options_to_table(c.reloptions) AS x WHERE x.option_name = 'autovacuum_enabled'), true)
               AND c.relkind <> 'p' AS autovacuum
) AS o
CROSS JOIN LATERAL (
    SELECT COALESCE(array_agg(p.oid) FILTER (WHERE p.oid <> c.oid), '{}') AS parts, COALESCE(sum(p.relpages), 0) AS pages,
           COALESCE(sum(LEAST(p.relpages, t.target * 300.0)), 0) AS pages_read,
           COALESCE(sum(pg_stat_get_live_tuples(p.oid)), 0) AS live, COALESCE(sum(pg_stat_get_mod_since_analyze(p.oid)), 0) AS changed, t.target
    FROM (
        SELECT GREATEST(max(COALESCE(NULLIF(a.attstattarget, -1), current_setting('default_statistics_target')::int)), 0) AS target
        FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS t
    LEFT JOIN (
        WITH RECURSIVE below (oid) AS (
            SELECT c.oid
            UNION ALL
            SELECT h.inhrelid FROM below AS b JOIN pg_inherits AS h ON h.inhparent = b.oid WHERE c.relkind = 'p'
        )
        SELECT q.oid, q.relpages FROM below AS b JOIN pg_class AS q ON q.oid = b.oid WHERE q.relkind IN ('r', 'm')
    ) AS p ON true
    GROUP BY t.target
) AS u
CROSS JOIN LATERAL (
    SELECT count(*) AS columns, count(*) FILTER (WHERE NOT has_column_privilege(c.oid, a.attnum, 'SELECT') OR row_security_active(c.oid)) AS hidden,
           COALESCE(array_agg(a.attname::text ORDER BY a.attnum) FILTER (
               WHERE has_column_privilege(c.oid, a.attnum, 'SELECT') AND NOT row_security_active(c.oid)
                 AND NOT EXISTS (SELECT FROM pg_stats AS s WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
                     AND s.inherited = (c.relkind = 'p'))),
               '{}') AS missing
    FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND COALESCE(a.attstattarget, -1) <> 0 AND a.attgenerated <> 'v'
) AS k
ORDER BY n.nspname, c.relname
