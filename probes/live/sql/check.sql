-- Read once a connection: what the session really is, after the startup packet and the role's own settings.
-- Costs under 1 ms, touches no table. Versions 13 and later. Every role may.
SELECT /* pgmedic:check */ a.pid, a.backend_start, current_setting('default_transaction_read_only')
FROM pg_stat_get_activity(pg_backend_pid()) AS a
