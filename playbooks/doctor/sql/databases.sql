-- Read once: how old the databases' oldest transaction ids are, and whether pages failed their checksums.
-- Damaged ones come first, then the oldest.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:databases */ d.datname::text AS name, age(d.datfrozenxid)::bigint AS xid_age, mxid_age(d.datminmxid)::bigint AS multixact_age,
       COALESCE(pg_stat_get_db_checksum_failures(d.oid), 0)::bigint AS checksum_failures
FROM pg_database AS d
ORDER BY COALESCE(pg_stat_get_db_checksum_failures(d.oid), 0) > 0 DESC, GREATEST(age(d.datfrozenxid), mxid_age(d.datminmxid)) DESC, 1
LIMIT 100
