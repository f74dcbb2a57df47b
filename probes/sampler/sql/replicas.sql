-- Read every 5 s: who receives WAL from this server. This is pg_stat_replication without its joins; application, address and snapshot are those of
-- the activity. LagBytes is counted from the WAL written here, on a standby from the WAL that it has itself. Costs under 0.1 ms; touches no table.
-- Versions 13 and later. Every role may; without pg_read_all_stats all but the pid is NULL.
SELECT /* pgmedic:replicas */ s.pid, s.state, s.sync_state, pg_wal_lsn_diff(here.lsn, s.replay_lsn)::bigint,
       (EXTRACT(epoch FROM s.replay_lag) * 1000000)::bigint
FROM pg_stat_get_wal_senders() AS s
CROSS JOIN (SELECT CASE WHEN pg_is_in_recovery() THEN COALESCE(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
                        ELSE pg_current_wal_lsn() END AS lsn) AS here
