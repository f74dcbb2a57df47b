-- Read once: standbys and other receivers of WAL.
-- Costs about 1 ms. Versions 13 and later. Without pg_read_all_stats all but their number is hidden.
SELECT /* pgmedic:replicas */ COALESCE(r.application_name, '') AS application, COALESCE(r.state, '') AS state, COALESCE(age(r.backend_xmin), 0)::bigint AS xid_age,
       COALESCE(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, r.replay_lsn), -1)::bigint AS lag
FROM pg_stat_replication AS r
ORDER BY 1
