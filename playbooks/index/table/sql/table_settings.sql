-- The planner's settings for the table with oid $1, its tablespace's own where that has some; the topmost partitioned table that it is part of, quoted, empty for
-- none; and since when the server counts what is done in this database.
-- Costs under 1 ms. Versions 13 and later. Takes no lock on the table. Every role may.
SELECT /* pgmedic:table_settings */ pg_catalog.current_setting('server_version_num')::int,
       pg_catalog.current_setting('block_size')::int8,
       coalesce((SELECT pg_catalog.split_part(o, '=', 2) FROM pg_catalog.unnest(s.spcoptions) AS o WHERE o LIKE 'seq_page_cost=%'),
                pg_catalog.current_setting('seq_page_cost'))::float8,
       coalesce((SELECT pg_catalog.split_part(o, '=', 2) FROM pg_catalog.unnest(s.spcoptions) AS o WHERE o LIKE 'random_page_cost=%'),
                pg_catalog.current_setting('random_page_cost'))::float8,
       pg_catalog.current_setting('cpu_tuple_cost')::float8,
       pg_catalog.current_setting('cpu_index_tuple_cost')::float8,
       pg_catalog.current_setting('cpu_operator_cost')::float8,
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('effective_cache_size'))::float8 / pg_catalog.current_setting('block_size')::float8,
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('work_mem'))::float8,
       pg_catalog.current_setting('enable_indexonlyscan')::bool,
       pg_catalog.current_setting('enable_bitmapscan')::bool,
       pg_catalog.current_setting('enable_seqscan')::bool,
       coalesce((
           WITH RECURSIVE up AS (
               SELECT h.inhparent, 1 AS level FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = c.oid AND c.relispartition
               UNION ALL
               SELECT h.inhparent, up.level + 1
               FROM up JOIN pg_catalog.pg_class AS p ON p.oid = up.inhparent AND p.relispartition JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = p.oid
           )
           SELECT pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.relname)
           FROM up JOIN pg_catalog.pg_class AS p ON p.oid = up.inhparent JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
           ORDER BY up.level DESC LIMIT 1), ''),
       pg_catalog.pg_stat_get_db_stat_reset_time(d.oid)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_database AS d ON d.datname = pg_catalog.current_database()
LEFT JOIN pg_catalog.pg_tablespace AS s ON s.oid = coalesce(nullif(c.reltablespace, 0), d.dattablespace)
WHERE c.oid = $1
