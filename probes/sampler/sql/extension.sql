-- Read once a connection, and again every minute while it is missing: where pg_stat_statements is installed in this database, and its version.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:extension */ n.nspname::text, e.extversion
FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements'
