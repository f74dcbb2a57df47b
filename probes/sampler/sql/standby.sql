-- Read every 5 s on a standby: how far it is behind what it has received, and whether it receives.
-- Costs under 0.1 ms; touches no table. Versions 13 and later; only in recovery. Every role may.
SELECT /* pgmedic:standby */ pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint,
       (EXTRACT(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000000)::bigint,
       pg_is_wal_replay_paused(),
       EXISTS (SELECT FROM pg_stat_get_wal_receiver() AS r WHERE r.pid IS NOT NULL)
