-- Read once: the clock, this session's backend, and the words by which a managed service is told from a plain server.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:server */ clock_timestamp() AS now, pg_backend_pid() AS backend_pid, COALESCE(inet_server_port(), 0) AS port,
       pg_is_in_recovery() AS in_recovery, COALESCE(a.ssl, false) AS tls, COALESCE(a.sslversion, '') AS tls_version,
       a.client_port = -1 AS socket,
       to_regproc('pg_catalog.aurora_version') IS NOT NULL AS aurora,
       ARRAY(SELECT r.rolname::text FROM pg_roles AS r WHERE r.rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin')) AS service_roles,
       ARRAY(SELECT DISTINCT split_part(s.name, '.', 1) FROM pg_settings AS s WHERE s.name ~ '^(rds|cloudsql|azure)\.') AS service_settings
FROM pg_stat_get_activity(pg_backend_pid()) AS a
