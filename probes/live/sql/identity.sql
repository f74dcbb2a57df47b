-- Read once a connection: which server and which database answer, and as whom.
-- Costs under 1 ms, touches no table. Versions 13 and later. Every role may.
SELECT /* pgmedic:identity */ pg_catalog.current_database(), current_user,
       pg_catalog.current_setting('server_version_num')::int, pg_catalog.current_setting('server_version'),
       pg_catalog.pg_is_in_recovery(), pg_catalog.pg_postmaster_start_time()
