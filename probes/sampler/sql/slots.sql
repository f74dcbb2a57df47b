-- Read every 5 s: the replication slots, and what they keep from being removed. This is pg_replication_slots without its join to pg_database; names
-- are looked up apart. Costs under 0.1 ms; touches no table. Versions 13 and later. Every role may.
SELECT /* pgmedic:slots */ s.slot_name::text, s.slot_type, COALESCE(s.datoid, 0), s.active, COALESCE(age(s.xmin), 0)::bigint,
       COALESCE(age(s.catalog_xmin), 0)::bigint, pg_wal_lsn_diff(here.lsn, s.restart_lsn)::bigint, COALESCE(s.wal_status, '')
FROM pg_get_replication_slots() AS s
CROSS JOIN (SELECT CASE WHEN pg_is_in_recovery() THEN COALESCE(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
                        ELSE pg_current_wal_lsn() END AS lsn) AS here
