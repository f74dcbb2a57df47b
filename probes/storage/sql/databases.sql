-- Read when somebody asks about disk space: which databases there are, and whether this role may measure them.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:databases */ d.oid, d.datname::text, '',
       pg_catalog.has_database_privilege(d.oid, 'CONNECT') OR pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
FROM pg_catalog.pg_database AS d
ORDER BY d.datname
