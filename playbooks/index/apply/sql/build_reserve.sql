-- Takes, for this session, the advisory locks that keep pgmedics from changing the indexes of one table at once: one for each whole table that the tables with oids $1
-- are or are partitions of, with the key $2 in its high half and the topmost table's oid in its low one. Says which it did not get: another session has it.
-- Costs under 1 ms; locks no table; released when the session ends. Versions 13 to 18. Any role.
SELECT /* pgmedic:build_reserve */ r.oid, pg_try_advisory_lock(($2::int8 << 32) | r.oid::int8)
FROM (
    SELECT DISTINCT COALESCE(pg_partition_root(t.oid::regclass)::oid, t.oid) AS oid FROM unnest($1::oid[]) AS t (oid)
) AS r
