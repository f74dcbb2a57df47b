-- The size in bytes of the indexes with oids $1 together, and when it was read. Costs about 10 µs each and locks each as a reader does: lock_timeout bounds it.
-- Versions 13 to 18. Any role.
SELECT /* pgmedic:build_size */ COALESCE(sum(pg_relation_size(x.oid::regclass)), 0)::int8, clock_timestamp() FROM unnest($1::oid[]) AS x (oid)
