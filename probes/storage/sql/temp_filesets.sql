-- Read after temp_sizes.sql: what lies in folders of a tablespace's temporary files, where parallel hash joins and index builds spill, in the
-- order asked for. pg_ls_tmpdir does not look into them. A file that goes meanwhile counts nothing. Costs 5 µs a file. Versions 13 and later. For
-- superusers, and with EXECUTE on pg_ls_dir and pg_stat_file as they are called here.
SELECT /* pgmedic:temp_filesets */ f.oid, (
    SELECT COALESCE(pg_catalog.sum((pg_catalog.pg_stat_file(t.folder || '/' || s.name || '/' || file.name, true)).size), 0)::bigint
    FROM (SELECT 'base/pgsql_tmp' AS folder WHERE f.oid = 1663
          UNION ALL
          SELECT 'pg_tblspc/' || f.oid || '/' || v.name || '/pgsql_tmp'
          FROM pg_catalog.pg_ls_dir('pg_tblspc/' || f.oid, true, false) AS v (name)
          WHERE f.oid <> 1663 AND v.name LIKE 'PG\_' || pg_catalog.current_setting('server_version_num')::int / 10000 || '\_%') AS t,
         LATERAL pg_catalog.pg_ls_dir(t.folder, true, false) AS s (name),
         LATERAL (SELECT e.name FROM pg_catalog.pg_ls_dir(t.folder || '/' || s.name, true, false) AS e (name)
                  WHERE s.name LIKE '%fileset') AS file)
FROM unnest($1::oid[]) AS f (oid)
