-- What keeps WAL or receives it, as a build writes much of it: replication slots with the bytes that each keeps, and receivers with the bytes that each is behind;
-- NULL: not known. Of another role's receiver the lag is hidden without pg_read_all_stats. A receiver that applies nothing is as far as it has written. Worst first.
-- Costs under 1 ms, touches no table. Versions 13 to 18. Any role.
SELECT /* pgmedic:build_replication */ r.kind, r.name, r.active, r.visible, r.bytes
FROM (
    SELECT 'slot' AS kind, s.slot_name::text AS name, s.active, true AS visible, pg_wal_lsn_diff(h.lsn, s.restart_lsn)::int8 AS bytes
    FROM pg_get_replication_slots() AS s, (SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_lsn() END AS lsn) AS h
    UNION ALL
    SELECT 'receiver', COALESCE(NULLIF(a.application_name, ''), 'pid ' || w.pid), true, w.state IS NOT NULL,
           pg_wal_lsn_diff(h.lsn, COALESCE(w.replay_lsn, w.flush_lsn, w.write_lsn))::int8
    FROM pg_stat_get_wal_senders() AS w
    JOIN LATERAL pg_stat_get_activity(w.pid) AS a ON true,
         (SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_lsn() END AS lsn) AS h
) AS r
ORDER BY r.bytes DESC NULLS LAST
