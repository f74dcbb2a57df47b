-- What of the server decides over a build: version, role, memory and limits in bytes (-1: none), connections.
-- Costs about 1 ms at 100 sessions, touches no table. Versions 13 to 18; reserved_connections is of 16. Any role.
SELECT /* pgmedic:build_server */ current_setting('server_version_num')::int4,
       current_setting('server_version'),
       pg_is_in_recovery(),
       current_user::text,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
       pg_size_bytes(current_setting('maintenance_work_mem')),
       pg_size_bytes(current_setting('temp_file_limit')),
       current_setting('default_tablespace'),
       (SELECT count(*) FROM pg_stat_get_activity(NULL) AS a WHERE a.backend_type = 'client backend')::int4,
       current_setting('max_connections')::int4 - current_setting('superuser_reserved_connections')::int4
           - COALESCE(current_setting('reserved_connections', true), '0')::int4
