-- Read once: the sessions as a whole; this one is left out. Statements' texts stay on the server.
-- Costs about 2 ms at 100 sessions, 10 ms at 1,000; touches no table. Versions 13 and later.
-- Every role may; without pg_read_all_stats most columns of other roles' sessions are hidden, and they are counted as such.
SELECT /* pgmedic:sessions */ count(*) FILTER (WHERE a.backend_type = 'client backend') AS clients,
       count(*) FILTER (WHERE a.backend_type IS NULL) AS hidden,
       count(*) FILTER (WHERE a.backend_type = 'client backend' AND a.application_name = '') AS nameless,
       count(*) FILTER (WHERE a.backend_type = 'client backend' AND NOT a.ssl AND a.client_addr IS NOT NULL
                        AND NOT a.client_addr <<= '127.0.0.0/8' AND a.client_addr <> '::1') AS in_clear,
       count(*) FILTER (WHERE a.backend_type = 'client backend' AND a.state <> 'disabled'
                        AND octet_length(a.query) >= pg_size_bytes(current_setting('track_activity_query_size')) - 1) AS clipped,
       count(*) FILTER (WHERE a.state LIKE 'idle in transaction%') AS idle_in_tx,
       COALESCE(max(extract(epoch FROM clock_timestamp() - a.state_change)) FILTER (WHERE a.state LIKE 'idle in transaction%'), 0)::float8 AS idle_in_tx_age,
       COALESCE(max(extract(epoch FROM clock_timestamp() - a.xact_start)) FILTER (WHERE a.backend_type = 'client backend'), 0)::float8 AS oldest_xact_age,
       COALESCE(max(age(a.backend_xmin)), 0)::bigint AS oldest_xmin,
       count(*) FILTER (WHERE a.backend_type = 'autovacuum worker') AS vacuum_workers,
       (SELECT COALESCE(sum(pg_stat_get_db_numbackends(d.oid)), 0)::bigint FROM pg_database AS d) AS backends
FROM pg_stat_get_activity(NULL) AS a
WHERE a.pid <> pg_backend_pid()
