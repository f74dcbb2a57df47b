-- Read once: replication slots with what they hold back.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:slots */ s.slot_name::text AS name, s.slot_type AS kind, COALESCE(s.database, '')::text AS database, s.active,
       GREATEST(COALESCE(age(s.xmin), 0), COALESCE(age(s.catalog_xmin), 0))::bigint AS xid_age,
       COALESCE(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, s.restart_lsn), -1)::bigint AS retained,
       COALESCE(s.wal_status, '') AS status
FROM pg_replication_slots AS s
ORDER BY s.slot_name
