-- Read when somebody asks about disk space: the WAL that each replication slot keeps, counted from where the server writes, or on a standby,
-- receives.
-- Costs under 1 ms, touches no table. Versions 13 and later. Every role may.
SELECT /* pgmedic:slots */ s.slot_name::text, s.active, COALESCE(s.wal_status, ''),
       pg_catalog.pg_wal_lsn_diff(
           CASE WHEN pg_catalog.pg_is_in_recovery() THEN COALESCE(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
                ELSE pg_catalog.pg_current_wal_lsn() END,
           s.restart_lsn)::bigint
FROM pg_catalog.pg_get_replication_slots() AS s
ORDER BY s.slot_name
