-- Read when somebody asks about disk space: which tablespaces there are, where, and whether this role may measure them.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:tablespaces */ t.oid, t.spcname::text, pg_catalog.pg_tablespace_location(t.oid),
       pg_catalog.has_tablespace_privilege(t.oid, 'CREATE') OR pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
       OR t.oid = (SELECT d.dattablespace FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
FROM pg_catalog.pg_tablespace AS t
ORDER BY t.spcname
