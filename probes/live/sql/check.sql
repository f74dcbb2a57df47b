-- Read once a connection: what the session really is, after the startup packet, the role's own settings and whatever is in between. Timeouts in
-- milliseconds. It runs by whatever search_path the session has.
-- Costs under 1 ms, touches no table. Versions 13 and later. Every role may.
SELECT /* pgmedic:check */ a.pid, a.backend_start, pg_catalog.current_setting('default_transaction_read_only'),
       (extract(epoch FROM pg_catalog.current_setting('statement_timeout')::interval) OPERATOR(pg_catalog.*) 1000)::bigint::pg_catalog.text,
       (extract(epoch FROM pg_catalog.current_setting('lock_timeout')::interval) OPERATOR(pg_catalog.*) 1000)::bigint::pg_catalog.text,
       pg_catalog.current_setting('port')::int
FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) AS a
